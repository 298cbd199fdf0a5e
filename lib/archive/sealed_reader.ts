import { createHash } from "node:crypto";
import { StorageError } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { sha256Of } from "./bytes.ts";
import type { SealedLineage } from "./lineage.ts";
import type { SealedEntry } from "./manifest.ts";
import { compareUnsigned } from "./parquet/bounds.ts";
import type { ParquetFooter, RowGroupLocation } from "./parquet/footer_reader.ts";
import { type PageRows, spanOf, symbolsWithin } from "./parquet/page_index_reader.ts";
import { MAGIC } from "./parquet/parquet_file.ts";
import { ParquetFile } from "./parquet/parquet_reader.ts";
import { LINEAGE_KEY } from "./sealed_writer.ts";
import { SealedOrder } from "./sealed_order.ts";
import { corruptionError } from "./zstd_frames.ts";

const UTF8 = new TextEncoder();

/** Fields of a manifest entry needed to open a sealed day. */
interface SealedObject {
  /** Storage key. */
  key: string;
  /** Size of the whole object. */
  bytes: number;
  /** From the manifest, if it has it. */
  sealed?: SealedEntry | undefined;
}

/** A sealed day opened for reading. */
export interface SealedDay {
  /** Storage key. */
  key: string;
  /** Type of the records. */
  type: EventType;
  lineage: SealedLineage;
  file: ParquetFile;
}

/** Selection within a sealed day. */
interface SealedQuery {
  /** Our market symbols; absent = all. */
  symbols?: ReadonlySet<string> | undefined;
  /** Start of receivedAt (inclusive), µs; default: all. */
  fromUs?: number;
  /** End of receivedAt (exclusive), µs; default: all. */
  toUs?: number;
}

type RangeStorage = Pick<Storage, "getRange">;

/**
 * Reads the footer of a sealed day with one range read; two when it is long and the manifest entry
 * is not given. Throws ArchiveError `ARCHIVE_DAMAGED` when it is corrupt, StorageError when it
 * cannot be read (`NOT_FOUND`: resealed since the manifest was read; read the manifest again).
 */
export async function openSealed(storage: RangeStorage, object: SealedObject): Promise<SealedDay> {
  const { key, bytes, sealed } = object;
  const getRange = (start: number, end: number) => storage.getRange(key, start, end);
  const footerBytes = sealed?.indexBytes ?? 0;
  let lineage: SealedLineage | undefined;
  const typeOf = ({ metadata, rows }: ParquetFooter) => {
    lineage = lineageIn(metadata.get(LINEAGE_KEY));
    const { type } = lineage?.schema ?? {};
    if (type !== undefined && EVENT_TYPES.includes(type) && lineage?.count === rows) return type;
    throw corruptionError(key, { offset: bytes, why: "it has no lineage of its rows" });
  };
  const file = await ParquetFile.open({ key, bytes, getRange }, { typeOf, footerBytes });
  if (sealed !== undefined && sha256Of(file.footerBytes) !== sealed.indexSha256) {
    const why = "its footer does not have the SHA-256 that the manifest names";
    throw corruptionError(key, { offset: bytes - file.footerBytes.length, why });
  }
  return { key, type: file.type, lineage: lineage as unknown as SealedLineage, file };
}

function lineageIn(text: string | undefined): SealedLineage | undefined {
  const lineage = text === undefined ? undefined : JSON.parse(text) as SealedLineage;
  return lineage?.format === "ssmd-sealed/2" ? lineage : undefined;
}

/** Adjacent pages of a row group that match a query. */
export interface WantedPages {
  group: RowGroupLocation;
  pages: readonly PageRows[];
}

/**
 * Returns the pages of a sealed day that may match the symbols and span, as runs of adjacent pages
 * per row group. Loads the page indexes of those groups.
 */
export async function wantedPages(
  { file }: SealedDay,
  query: SealedQuery,
): Promise<WantedPages[]> {
  const isWanted = wanted(query);
  const groups = file.footer.groups.filter((group) => {
    const bounds = (name: string) => group.chunks.find((chunk) => chunk.name === name);
    const symbol = bounds("symbol");
    return isWanted({
      symbols: symbol && symbolsWithin(symbol),
      ...spanOf(bounds("received_at")?.bounds),
    });
  });
  await file.loadPages(groups);
  return groups.flatMap((group) => {
    const pages = file.pagesOf(group).filter(isWanted);
    const [first] = pages;
    if (first === undefined) return [];
    return runsOf(pages).map((run) => ({ group, pages: run }));
  });
}

function wanted({ symbols, fromUs = 0, toUs = Infinity }: SealedQuery) {
  const texts = symbols && [...symbols].map((symbol) => UTF8.encode(symbol));
  return (rows: Pick<PageRows, "symbols" | "fromUs" | "toUs">): boolean => {
    if (rows.toUs < fromUs || rows.fromUs >= toUs) return false;
    if (texts === undefined || rows.symbols === undefined) return true;
    const [first, last] = [UTF8.encode(rows.symbols.first), UTF8.encode(rows.symbols.last)];
    return texts.some((text) =>
      compareUnsigned(first, text) <= 0 && compareUnsigned(text, last) <= 0
    );
  };
}

function runsOf(pages: readonly PageRows[]): PageRows[][] {
  const runs: PageRows[][] = [];
  for (const page of pages) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1)?.number === page.number - 1) run.push(page);
    else runs.push([page]);
  }
  return runs;
}

/**
 * Reads matching records of a sealed day in file order, page by page. Verifies only what it reads.
 * Throws like {@linkcode openSealed} at the corruption, after the intact data.
 */
export async function* readSealedPart(
  day: SealedDay,
  query: SealedQuery,
): AsyncIterable<MarketEvent[]> {
  const { symbols, fromUs = 0, toUs = Infinity } = query;
  for (const { group, pages } of await wantedPages(day, query)) {
    const [first, last] = [pages[0], pages.at(-1)] as [PageRows, PageRows];
    const end = last.number + 1;
    const fetched = await day.file.fetchPages({ group, first: first.number, end });
    for (const page of pages) {
      const { symbols: names, receivedAtUs, recordOf } = fetched.read(page);
      const records: MarketEvent[] = [];
      for (let row = 0; row < page.rows; row++) {
        const us = receivedAtUs[row] as number;
        if (us < fromUs || us >= toUs || symbols?.has(names[row] as string) === false) continue;
        records.push(recordOf(row));
      }
      if (records.length > 0) yield records;
    }
  }
}

/**
 * Reads all records of a sealed day in file order, one page at a time, and verifies everything:
 * pages, indexes, record order, lineage, and the whole object when `sha256` is given. Throws like
 * {@linkcode openSealed}, after the intact data.
 */
export async function* readSealed(
  storage: RangeStorage,
  object: SealedObject & { sha256?: string; onBytes?: (bytes: Uint8Array) => void },
): AsyncIterable<readonly MarketEvent[]> {
  const { key, bytes, sha256, onBytes = () => {} } = object;
  const { file, lineage } = await openSealed(storage, object);
  const { groups } = file.footer;
  const order = new SealedOrder(key);
  const hash = createHash("sha256");
  const pass = (piece: Uint8Array) => {
    hash.update(piece);
    onBytes(piece);
  };
  const magic = await file.bytesAt({ offset: 0, bytes: MAGIC.length });
  if (compareUnsigned(magic, MAGIC) !== 0) {
    throw corruptionError(key, { offset: 0, why: "it does not begin as a Parquet file does" });
  }
  pass(magic);
  for (const group of groups) {
    await file.loadPages([group]);
    const pages = file.pagesOf(group);
    const fetched = await file.fetchPages({ group, first: 0, end: pages.length });
    pass(fetched.bytesAt(group));
    for (const page of pages) {
      const { recordOf } = fetched.read(page);
      const records = Array.from({ length: page.rows }, (_, row) => recordOf(row));
      order.check(records, page, group.offset);
      yield records;
    }
  }
  order.end(lineage, bytes);
  const indexAt = groups[0]?.index.offset ?? MAGIC.length;
  pass(await file.bytesAt({ offset: indexAt, bytes: bytes - indexAt }));
  if (sha256 === undefined || hash.digest("hex") === sha256) return;
  throw corruptionError(key, { offset: 0, why: "it does not have the SHA-256 its manifest names" });
}

/** Returns whether the object is gone, so the reader should read the manifest again. */
export function isGone(error: unknown): boolean {
  return error instanceof StorageError && error.code === "NOT_FOUND";
}

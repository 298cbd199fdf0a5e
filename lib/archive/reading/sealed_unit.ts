import { ArchiveError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { ManifestFile } from "../manifest.ts";
import { compareUnsigned } from "../parquet/bounds.ts";
import type { DecodedPage, FetchedPages } from "../parquet/fetched_pages.ts";
import type { RowGroupLocation } from "../parquet/footer_reader.ts";
import type { PageRows } from "../parquet/page_index_reader.ts";
import { MAGIC } from "../parquet/parquet_file.ts";
import { usOfNsText } from "../raw_line.ts";
import type { SealedDay, WantedPages } from "../sealed_reader.ts";
import { corruptionError } from "../zstd_frames.ts";
import type { Block, Cursor, Opened } from "./block.ts";
import type { RecordFilter } from "./record_filter.ts";
import { compareRecords } from "./record_order.ts";
import type { Unit } from "./unit.ts";

/** Largest run of unwanted bytes fetched along, when memory allows only a part of each group. */
const PART_HOLE_BYTES_MAX = 64 * 1024;

/** Rows decoded in one go: neighbours share CPU cache lines, which hundreds of other pages evict. */
const RECORDS_AHEAD = 8;

/** Context for reading the pages of a sealed day. */
interface SealedUnitOptions {
  day: SealedDay;
  file: ManifestFile;
  filter: RecordFilter;
  /** Pages to read. */
  wanted: readonly WantedPages[];
  /** Byte limit of all units that overlap in time. */
  bytesMax: number;
}

/** Groups the pages of a sealed day into units: adjacent pages of a row group, or parts of them. */
export function sealedUnits(options: SealedUnitOptions): Unit[] {
  const { wanted, bytesMax } = options;
  const bytes = wanted.reduce((sum, { group }) => sum + group.bytes, 0);
  if (bytes <= bytesMax) {
    return wanted.map(({ group, pages }) => pagesUnit(options, { group, pages }));
  }
  // The row groups of all markets are read side by side: each gets a share of the memory.
  const share = bytesMax / wanted.length;
  return wanted.flatMap(({ group, pages }) => {
    const pageBytes = group.bytes / Math.max(1, options.day.file.pagesOf(group).length);
    const count = Math.max(1, Math.floor(share / pageBytes));
    const parts: Unit[] = [];
    for (let at = 0; at < pages.length; at += count) {
      const part = pages.slice(at, at + count);
      parts.push(pagesUnit(options, { group, pages: part }, PART_HOLE_BYTES_MAX));
    }
    return parts;
  });
}

/**
 * Returns a unit for the bytes before a sealed day's first page, without records. It is read when
 * the whole day is wanted, so that every byte of the object is verified.
 */
export function frontUnit(storage: Storage, file: ManifestFile): Unit {
  const { key, sha256 } = file;
  const atUs = usOfNsText(file.from);
  return {
    ...{ fromUs: atUs, toUs: atUs, bytes: MAGIC.length, key, sha256, count: 0 },
    fetch: async () => {
      const front = await storage.getRange(key, 0, MAGIC.length);
      if (compareUnsigned(front, MAGIC) === 0) return [];
      const error = corruptionError(key, {
        offset: 0,
        why: "it does not begin as a Parquet file does",
      });
      const corruption = { error, key, atUs, toUs: atUs, missed: 0 };
      return [{ fromUs: atUs, open: () => ({ corruption }) }];
    },
  };
}

function pagesUnit(
  { day, file, filter }: SealedUnitOptions,
  { group, pages }: { group: RowGroupLocation; pages: readonly PageRows[] },
  holeBytesMax?: number,
): Unit {
  const { key, sha256 } = file;
  const [first, last] = [pages[0], pages.at(-1)] as [PageRows, PageRows];
  const all = Math.max(1, day.file.pagesOf(group).length);
  return {
    fromUs: pages.reduce((least, { fromUs }) => Math.min(least, fromUs), Infinity),
    toUs: pages.reduce((most, { toUs }) => Math.max(most, toUs), 0),
    bytes: Math.ceil(group.bytes * pages.length / all),
    key,
    sha256,
    count: pages.reduce((sum, { rows }) => sum + rows, 0),
    fetch: async () => {
      const span = { group, first: first.number, end: last.number + 1 };
      try {
        const fetched = await day.file.fetchPages({
          ...span,
          ...(holeBytesMax === undefined ? {} : { holeBytesMax }),
        });
        return pages.map((page) => new PageBlock(fetched, page, { key, filter }));
      } catch (error) {
        // The file ends too early: report each page at the time of its records.
        if (!(error instanceof ArchiveError)) throw error;
        return pages.map((page) => lostBlock(page, key, error));
      }
    },
  };
}

function lostBlock({ fromUs, toUs, rows }: PageRows, key: string, error: ArchiveError): Block {
  const corruption = { error, key, atUs: fromUs, toUs, missed: rows };
  return { fromUs, open: () => ({ corruption }) };
}

/** A page, decoded when its time is reached. */
class PageBlock implements Block {
  readonly fromUs: number;
  #fetched: FetchedPages;
  #page: PageRows;
  #key: string;
  #filter: RecordFilter;

  constructor(
    fetched: FetchedPages,
    page: PageRows,
    { key, filter }: { key: string; filter: RecordFilter },
  ) {
    this.fromUs = page.fromUs;
    this.#fetched = fetched;
    this.#page = page;
    this.#key = key;
    this.#filter = filter;
  }

  open(): Opened {
    const page = this.#page;
    let decoded: DecodedPage;
    try {
      decoded = this.#fetched.read(page);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      return lostBlock(page, this.#key, error).open();
    }
    const cursor = new RowCursor(decoded, this.#rowsOf(decoded));
    return cursor.advance() ? { cursor } : {};
  }

  /** Returns the selected rows in reading order. */
  #rowsOf(page: DecodedPage): Uint32Array {
    const { symbols, receivedAtUs } = page;
    const rows = new Uint32Array(this.#page.rows);
    let count = 0;
    for (let row = 0; row < rows.length; row++) {
      if (!this.#filter.isWanted(symbols[row] as string, receivedAtUs[row] as number)) continue;
      rows[count++] = row;
    }
    const wanted = rows.subarray(0, count);
    const isOfOne = this.#page.symbols !== undefined &&
      this.#page.symbols.first === this.#page.symbols.last;
    return isOfOne ? wanted : wanted.sort((a, b) => compareRows(page, a, b));
  }
}

/** Like `compareRecords`; decodes records only when time and sequence tie. */
function compareRows({ receivedAtUs, sequences, recordOf }: DecodedPage, a: number, b: number) {
  return (receivedAtUs[a] as number) - (receivedAtUs[b] as number) ||
    (sequences[a] as number) - (sequences[b] as number) ||
    compareRecords(recordOf(a), recordOf(b));
}

/** Decodes records lazily: with hundreds of markets, one page of each is open at the same time. */
class RowCursor implements Cursor {
  record!: MarketEvent;
  readonly corruption = undefined;
  #page: DecodedPage;
  #rows: Uint32Array;
  #next = 0;
  #ahead: MarketEvent[] = [];
  #at = 0;

  /** `record` is unset before the first `advance`. */
  constructor(page: DecodedPage, rows: Uint32Array) {
    this.#page = page;
    this.#rows = rows;
  }

  advance(): boolean {
    if (this.#at === this.#ahead.length && !this.#makeSome()) return false;
    this.record = this.#ahead[this.#at++] as MarketEvent;
    return true;
  }

  #makeSome(): boolean {
    const end = Math.min(this.#rows.length, this.#next + RECORDS_AHEAD);
    this.#ahead.length = 0;
    this.#at = 0;
    while (this.#next < end) {
      this.#ahead.push(this.#page.recordOf(this.#rows[this.#next++] as number));
    }
    return this.#ahead.length > 0;
  }
}

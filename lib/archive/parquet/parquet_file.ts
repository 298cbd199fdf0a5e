import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { CHECK_KEY, checkOf, INDEX_KEY, UNCHECKED } from "./footer_check.ts";
import { schemaElements } from "./parquet_schema.ts";
import type { Column, TableRow } from "./record_columns.ts";
import { RowGroup, type WrittenGroup } from "./row_group.ts";
import { thriftBytes, type ThriftStruct } from "./thrift_writer.ts";

/** What a Parquet file begins and ends with. */
export const MAGIC: Uint8Array = new TextEncoder().encode("PAR1");
/** Behind the footer: its length in four bytes, and the mark of the format. */
export const TAIL_BYTES = 8;

/** What a Parquet file says about itself besides its rows. */
export interface ParquetAbout {
  /** `symbol` is among them; the first time is the one by which rows are sorted. */
  columns: readonly Column[];
  /** Who wrote it, `ssmd version 0.1.0`. */
  createdBy: string;
  /** Key → value in the file's footer; asked for when all rows are written. */
  metadata: () => Readonly<Record<string, string>>;
}

/** A Parquet file that was written. */
export interface WrittenParquet {
  bytes: number;
  /** Of the whole file, hex. */
  sha256: string;
  /** Of the footer with its tail. */
  footerBytes: number;
  /** Of the footer with its tail, hex. */
  footerSha256: string;
}

/**
 * Makes the bytes of a Parquet file a page at a time, so that memory does not grow with the file.
 * Pages are zstd with a CRC-32, at the same rows in all columns; column chunks have statistics and a
 * page index. Rows must come sorted by symbol and time, which the footer says. The same
 * records give the same bytes. Format: Apache Parquet, parquet.thrift, version 2.9.
 */
export class ParquetWriter {
  #about: ParquetAbout;
  #group: RowGroup;
  #groups: WrittenGroup[] = [];
  #hash = createHash("sha256");
  #bytes = 0;

  /** With nothing written. */
  constructor(about: ParquetAbout) {
    this.#about = about;
    this.#group = new RowGroup(about.columns);
  }

  /** Whether `flush` must be called before the record is appended. */
  isFullFor({ symbol }: TableRow): boolean {
    return this.#group.isFullFor(symbol);
  }

  /** Adds a record to the row group at hand. */
  append(event: TableRow): void {
    this.#group.add(event);
  }

  /** Where the next bytes stand. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes bytes of pages that were written before. */
  pass(pages: Uint8Array): Uint8Array {
    return this.#passed(pages);
  }

  /** Takes over a row group of which all pages were passed. */
  addGroup(group: WrittenGroup): void {
    this.#groups.push(group);
  }

  /** The bytes of the row group at hand. */
  *flush(): Generator<Uint8Array, void> {
    if (this.#bytes === 0) yield this.#passed(MAGIC);
    if (this.#group.rows === 0) return;
    const chunks = this.#group.take(this.#bytes);
    for (;;) {
      const next = chunks.next();
      if (next.done === true) {
        this.#groups.push(next.value);
        return;
      }
      yield this.#passed(next.value);
    }
  }

  /** The bytes from the last row group to the end of the file. */
  *end(): Generator<Uint8Array, WrittenParquet> {
    yield* this.flush();
    const groups: { struct: ThriftStruct }[] = [];
    const checks: number[] = [];
    for (const group of this.#groups) {
      const { bytes, struct } = indexed(group, this.#about.columns, this.#bytes);
      groups.push({ struct });
      checks.push(crc32(bytes));
      yield this.#passed(bytes);
    }
    const footer = this.#footer(groups, checks);
    yield this.#passed(footer);
    return {
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      footerBytes: footer.length,
      footerSha256: createHash("sha256").update(footer).digest("hex"),
    };
  }

  #passed(bytes: Uint8Array): Uint8Array {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    return bytes;
  }

  #footer(groups: readonly { struct: ThriftStruct }[], checks: readonly number[]): Uint8Array {
    const { columns, createdBy, metadata } = this.#about;
    const about = { ...metadata(), [INDEX_KEY]: JSON.stringify(checks), [CHECK_KEY]: UNCHECKED };
    const pairs = Object.entries(about).map(([key, value]) => ({ struct: { 1: key, 2: value } }));
    const body = thriftBytes({
      1: { i32: 2 },
      2: { list: schemaElements(columns).map((struct) => ({ struct })), of: "struct" },
      3: { i64: this.#groups.reduce((sum, { rows }) => sum + rows, 0) },
      4: { list: groups, of: "struct" },
      5: { list: pairs, of: "struct" },
      6: createdBy,
      // Without it bounds of texts and of doubles are not trusted.
      7: { list: columns.map(() => ({ struct: { 1: { struct: {} } } })), of: "struct" },
    });
    const footer = new Uint8Array(body.length + TAIL_BYTES);
    footer.set(body);
    new DataView(footer.buffer).setUint32(body.length, body.length, true);
    footer.set(MAGIC, body.length + 4);
    footer.set(...checkOf(footer));
    return footer;
  }
}

/** The page indexes of a group, to stand at `offset`, and what the footer says of the group. */
function indexed(group: WrittenGroup, columns: readonly Column[], offset: number) {
  const parts: Uint8Array[] = [];
  let at = offset;
  const located = (bytes: Uint8Array | undefined) => {
    const start = at;
    at += bytes?.length ?? 0;
    if (bytes !== undefined) parts.push(bytes);
    return bytes && [{ i64: start }, { i32: bytes.length }] as const;
  };
  const chunks = group.metas.map((meta, i) => {
    const columnIndex = located(group.indexes[i]?.bounds);
    const offsetIndex = located(group.indexes[i]?.offsetIndex);
    return {
      struct: {
        ...{ 2: { i64: 0 }, 3: { struct: meta } },
        ...{ 4: offsetIndex?.[0], 5: offsetIndex?.[1], 6: columnIndex?.[0], 7: columnIndex?.[1] },
      },
    };
  });
  const bytes = new Uint8Array(at - offset);
  let filled = 0;
  for (const part of parts) {
    bytes.set(part, filled);
    filled += part.length;
  }
  const sorting = { list: sortingColumns(columns), of: "struct" } as const;
  const struct: ThriftStruct = {
    1: { list: chunks, of: "struct" },
    2: { i64: group.plainBytes },
    3: { i64: group.rows },
    4: group.isSorted ? sorting : undefined,
    5: { i64: group.offset },
    6: { i64: group.bytes },
  };
  return { bytes, struct };
}

function sortingColumns(columns: readonly Column[]): { struct: ThriftStruct }[] {
  const isFirst = [
    ({ name }: Column) => name === "symbol",
    ({ kind }: Column) => kind === "time",
  ];
  return isFirst.map((is) => ({
    struct: { 1: { i32: columns.findIndex(is) }, 2: false, 3: false },
  }));
}

/** The bytes of a Parquet file of records that come in batches; see {@linkcode ParquetWriter}. */
export async function* parquetBytes(
  batches: AsyncIterable<readonly TableRow[]>,
  about: ParquetAbout,
): AsyncGenerator<Uint8Array, void> {
  const writer = new ParquetWriter(about);
  for await (const batch of batches) {
    for (const event of batch) {
      if (writer.isFullFor(event)) yield* writer.flush();
      writer.append(event);
    }
  }
  yield* writer.end();
}

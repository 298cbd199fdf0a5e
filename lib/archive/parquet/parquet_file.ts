import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { CHECK_KEY, checkOf, INDEX_KEY, UNCHECKED } from "./footer_check.ts";
import { schemaElements } from "./parquet_schema.ts";
import type { Column, TableRow } from "./record_columns.ts";
import type { RowSlice } from "./row_block.ts";
import { RowGroup, type WrittenGroup } from "./row_group.ts";
import { RowTable } from "./row_table.ts";
import { thriftBytes, type ThriftStruct } from "./thrift_writer.ts";

/** Magic bytes at both ends of a Parquet file. */
export const MAGIC: Uint8Array = new TextEncoder().encode("PAR1");
/** Bytes after the footer: its length (four bytes) and the magic. */
export const TAIL_BYTES = 8;

/** Schema and metadata of a Parquet file. */
export interface ParquetAbout {
  /** Must include `symbol`; rows are sorted by it and by the first time column. */
  columns: readonly Column[];
  /** Writer, `ssmd version 0.1.0`. */
  createdBy: string;
  /** Key-value pairs of the footer; called after all rows are written. */
  metadata: () => Readonly<Record<string, string>>;
}

/** Size and hashes of a written Parquet file. */
export interface WrittenParquet {
  bytes: number;
  /** SHA-256 of the whole file, hex. */
  sha256: string;
  /** Size of the footer with its tail. */
  footerBytes: number;
  /** SHA-256 of the footer with its tail, hex. */
  footerSha256: string;
}

/**
 * Writes a Parquet file page by page, so memory does not grow with the file. Pages are zstd with a
 * CRC-32, split at the same rows in all columns; column chunks have statistics and a page index.
 * Rows must come sorted by symbol and time; the footer declares that order. Equal records give
 * equal bytes. Format: Apache Parquet, parquet.thrift, version 2.9.
 */
export class ParquetWriter {
  #about: ParquetAbout;
  #group: RowGroup;
  #groups: WrittenGroup[] = [];
  #hash = createHash("sha256");
  #bytes = 0;

  /** Creates a writer; writes nothing yet. */
  constructor(about: ParquetAbout) {
    this.#about = about;
    this.#group = new RowGroup(about.columns);
  }

  /** Appends rows; yields the bytes of the row groups that they fill. */
  *append({ block, from, to }: RowSlice): Generator<Uint8Array, void> {
    const slice = { block, from, to };
    while (slice.from < to) {
      if (this.#group.isFullFor(slice)) yield* this.flush();
      slice.from += this.#group.add(slice);
    }
  }

  /** Offset of the next byte to write. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Accounts for copied pages and returns them. */
  pass(pages: Uint8Array): Uint8Array {
    return this.#passed(pages);
  }

  /** Adds a row group whose pages were all passed. */
  addGroup(group: WrittenGroup): void {
    this.#groups.push(group);
  }

  /** Yields the bytes of the current row group. */
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

  /** Yields the bytes from the last row group to the end of the file. */
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
      // Column orders: without them readers ignore the bounds of texts and doubles.
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

/** Returns a group's page indexes, to be written at `offset`, and its footer metadata. */
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

/** Writes batches of records as a Parquet file; see {@linkcode ParquetWriter}. */
export async function* parquetBytes(
  batches: AsyncIterable<readonly TableRow[]>,
  about: ParquetAbout,
): AsyncGenerator<Uint8Array, void> {
  const writer = new ParquetWriter(about);
  const table = new RowTable(about.columns);
  for await (const batch of batches) {
    table.clear();
    for (const row of batch) table.add(row);
    yield* writer.append(table.all);
  }
  yield* writer.end();
}

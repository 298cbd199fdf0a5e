import { constants, crc32, zstdCompressSync } from "node:zlib";
import type { MarketEvent } from "@ssmd/market";
import type { Column } from "../columns.ts";
import { columnBuffer } from "./column_buffer.ts";
import {
  type Bounds,
  type ColumnBuffer,
  DICTIONARY,
  type EncodedColumn,
  PLAIN,
  RLE,
} from "./encoded_column.ts";
import { pathOf, STORED_AS } from "./parquet_schema.ts";
import { thriftBytes, type ThriftStruct } from "./thrift_writer.ts";

/** Rows of one row group: what readers take as the unit of work and can pass over by statistics. */
export const GROUP_ROWS_MAX = 122_880;
/** Values in lists of one row group; books of many levels fill it with fewer rows. */
export const GROUP_LIST_VALUES_MAX = 2_000_000;

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const ZSTD = { i32: 6 };
const DATA_PAGE = { i32: 0 };
const DICTIONARY_PAGE = { i32: 2 };

/** A row group as it lies in a file: its bytes, and what the footer says of it. */
export interface WrittenGroup {
  chunks: Uint8Array[];
  footer: ThriftStruct;
  rows: number;
}

/** Gathers rows, column by column, and writes them as a row group. */
export class RowGroup {
  /** Rows that are in it. */
  rows = 0;
  #columns: readonly Column[];
  #buffers: ColumnBuffer[];
  #listValues = 0;

  /** Without rows. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#buffers = columns.map(columnBuffer);
  }

  /** Whether the group must be written before the next row. */
  get isFull(): boolean {
    return this.rows >= GROUP_ROWS_MAX || this.#listValues >= GROUP_LIST_VALUES_MAX;
  }

  /** Adds a record. */
  add(event: MarketEvent): void {
    this.rows++;
    for (let i = 0; i < this.#columns.length; i++) {
      const value = (this.#columns[i] as Column).of(event);
      this.#buffers[i]?.add(value);
      if (Array.isArray(value)) this.#listValues += value.length;
    }
  }

  /** Encodes and compresses what was added, to stand at `offset` of the file, and begins anew. */
  take(offset: number): WrittenGroup {
    const { rows } = this;
    const chunks: Uint8Array[] = [];
    const footers: { struct: ThriftStruct }[] = [];
    let at = offset;
    let plainBytes = 0;
    for (const [i, column] of this.#columns.entries()) {
      const written = writeChunk(column, (this.#buffers[i] as ColumnBuffer).take(), at);
      chunks.push(...written.chunks);
      footers.push({ struct: written.footer });
      at += written.bytes;
      plainBytes += written.plainBytes;
    }
    this.rows = 0;
    this.#listValues = 0;
    const footer = {
      1: { list: footers, of: "struct" },
      2: { i64: plainBytes },
      3: { i64: rows },
      4: { list: sortingColumns(this.#columns), of: "struct" },
      5: { i64: offset },
      6: { i64: at - offset },
    } as const;
    return { chunks, footer, rows };
  }
}

function sortingColumns(columns: readonly Column[]): { struct: ThriftStruct }[] {
  return ["symbol", "received_at"].map((name) => ({
    struct: { 1: { i32: columns.findIndex((column) => column.name === name) }, 2: false, 3: false },
  }));
}

interface WrittenPage {
  chunks: [header: Uint8Array, body: Uint8Array];
  bytes: number;
  /** As they would be without compression. */
  plainBytes: number;
}

function writePage(plain: Uint8Array, type: { i32: number }, own: ThriftStruct): WrittenPage {
  const body = zstdCompressSync(plain, LEVEL);
  const header = thriftBytes({
    1: type,
    2: { i32: plain.length },
    3: { i32: body.length },
    4: { i32: crc32(body) | 0 },
    ...own,
  });
  return {
    chunks: [header, body],
    bytes: header.length + body.length,
    plainBytes: header.length + plain.length,
  };
}

function writeChunk(column: Column, encoded: EncodedColumn, offset: number) {
  const { count, page, encoding, dictionary, bounds, nulls } = encoded;
  const first = dictionary && writePage(dictionary.page, DICTIONARY_PAGE, {
    7: { struct: { 1: { i32: dictionary.count }, 2: { i32: PLAIN } } },
  });
  const data = writePage(page, DATA_PAGE, {
    5: {
      struct: { 1: { i32: count }, 2: { i32: encoding }, 3: { i32: RLE }, 4: { i32: RLE } },
    },
  });
  const pages = first === undefined ? [data] : [first, data];
  const bytes = pages.reduce((sum, each) => sum + each.bytes, 0);
  const plainBytes = pages.reduce((sum, each) => sum + each.plainBytes, 0);
  const footer: ThriftStruct = {
    2: { i64: 0 },
    3: {
      struct: {
        1: { i32: STORED_AS[column.kind] },
        2: { list: encodings(encoding).map((i32) => ({ i32 })), of: "i32" },
        3: { list: pathOf(column), of: "binary" },
        4: ZSTD,
        5: { i64: count },
        6: { i64: plainBytes },
        7: { i64: bytes },
        9: { i64: offset + (first?.bytes ?? 0) },
        11: first && { i64: offset },
        12: { struct: statistics(nulls, bounds) },
      },
    },
  };
  return { chunks: pages.flatMap((each) => each.chunks), footer, bytes, plainBytes };
}

function encodings(encoding: number): number[] {
  return encoding === DICTIONARY ? [PLAIN, RLE, DICTIONARY] : [PLAIN, RLE];
}

function statistics(nulls: number, bounds: Bounds | undefined): ThriftStruct {
  const known = bounds && { 5: bounds.max, 6: bounds.min, 7: true, 8: true };
  return { 3: { i64: nulls }, ...known };
}

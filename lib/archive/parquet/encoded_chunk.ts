import type { BlockColumn } from "./block_column.ts";

/** Parquet's encoding numbers. Values one after the other. */
export const PLAIN = 0;
/** Run lengths and bit packing, for levels. */
export const RLE = 3;
/** Packed differences of integers, with a bit width per block. */
export const DELTA_BINARY_PACKED = 5;
/** Lengths as packed differences, then all texts. */
export const DELTA_LENGTH_BYTE_ARRAY = 6;
/** Indices into a dictionary page. */
export const RLE_DICTIONARY = 8;
/** The first bytes of all doubles, then the second bytes, and so on. */
export const BYTE_STREAM_SPLIT = 9;

/** Encoding of the values of a column chunk. */
export type ValueEncoding =
  | typeof PLAIN
  | typeof DELTA_BINARY_PACKED
  | typeof DELTA_LENGTH_BYTE_ARRAY
  | typeof RLE_DICTIONARY
  | typeof BYTE_STREAM_SPLIT;

/** Minimum and maximum as plain-encoded bytes. */
export interface Bounds {
  min: Uint8Array;
  max: Uint8Array;
}

/** Statistics of a page. */
export interface PageCounts {
  /** Number of values, including absent ones and one per empty list. */
  count: number;
  /** Number of absent values and empty lists. */
  nulls: number;
  /** Absent = unknown, or no values. */
  bounds?: Bounds;
}

/** An encoded, uncompressed column of a row group; valid until the next `add`. */
export interface EncodedChunk {
  encoding: ValueEncoding;
  /** Distinct values that indices refer to. */
  dictionary?: { count: number; page: Uint8Array };
  pages: PageCounts[];
  /** Returns the levels and values of a page; valid until the next call. */
  pageBytes(page: number): Uint8Array;
}

/** Collects the values of one column for a row group. */
export interface ColumnBuffer {
  /** Adds the values of a block's rows from `from` to `to` (exclusive). */
  add(column: BlockColumn, from: number, to: number): void;
  /** Ends a page; the next value starts another one. */
  endPage(): void;
  /** Encodes everything added since `clear`. The last page must be ended. */
  take(): EncodedChunk;
  /** Discards all values. */
  clear(): void;
}

/** End of a page: number of values including absent ones, and of present values. */
export interface PageEnd {
  levels: number;
  values: number;
}

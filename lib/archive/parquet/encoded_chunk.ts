import type { TableRow } from "./record_columns.ts";

/** Parquet's numbers of the encodings. */
export const PLAIN = 0;
/** Run lengths of levels. */
export const RLE = 3;
/** Differences of whole numbers, packed to as many bits as a block of them needs. */
export const DELTA_BINARY_PACKED = 5;
/** Lengths as differences, then all texts. */
export const DELTA_LENGTH_BYTE_ARRAY = 6;
/** Indices into a dictionary page. */
export const RLE_DICTIONARY = 8;
/** The first bytes of all doubles, then the second ones, … */
export const BYTE_STREAM_SPLIT = 9;

/** How the values of a column chunk are written. */
export type ValueEncoding =
  | typeof PLAIN
  | typeof DELTA_BINARY_PACKED
  | typeof DELTA_LENGTH_BYTE_ARRAY
  | typeof RLE_DICTIONARY
  | typeof BYTE_STREAM_SPLIT;

/** Least and greatest value as their plain bytes. */
export interface Bounds {
  min: Uint8Array;
  max: Uint8Array;
}

/** What a page holds besides its bytes. */
export interface PageCounts {
  /** Values, with absent ones and, in lists, one for each empty list. */
  count: number;
  /** Absent values and empty lists. */
  nulls: number;
  /** Absent = not known, or no value is present. */
  bounds?: Bounds;
}

/** A column of a row group, encoded and not yet compressed; it holds until the next `add`. */
export interface EncodedChunk {
  encoding: ValueEncoding;
  /** The values that indices stand for. */
  dictionary?: { count: number; page: Uint8Array };
  pages: PageCounts[];
  /** Levels and values of a page; it holds until the next call. */
  pageBytes(page: number): Uint8Array;
}

/** Gathers the values of one column for a row group. */
export interface ColumnBuffer {
  /** Adds a record's value; gives how many values of a list it has. */
  add(event: TableRow): number;
  /** Ends a page; the next value begins another one. */
  endPage(): void;
  /** Encodes what was added since `clear`. The last page must be ended. */
  take(): EncodedChunk;
  /** Forgets all values. */
  clear(): void;
}

/** Where the page ends: values with absent ones, and values that are present. */
export interface PageEnd {
  levels: number;
  values: number;
}

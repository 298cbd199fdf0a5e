import type { ColumnValue } from "../columns.ts";

/** Parquet's numbers of the encodings. */
export const PLAIN = 0;
/** Run lengths of levels. */
export const RLE = 3;
/** Indices into a dictionary page. */
export const DICTIONARY = 8;

/** Least and greatest value as their plain bytes; absent = not known. */
export interface Bounds {
  min: Uint8Array;
  max: Uint8Array;
}

/** A column of a row group, encoded and not yet compressed; it holds until the next `add`. */
export interface EncodedColumn {
  /** Values with absent ones and, in lists, a place for each empty list. */
  count: number;
  /** Absent values. */
  nulls: number;
  /** Levels and values of the data page. */
  page: Uint8Array;
  encoding: typeof PLAIN | typeof DICTIONARY;
  /** The values that indices stand for. */
  dictionary?: { count: number; page: Uint8Array };
  bounds?: Bounds;
}

/** Gathers the values of one column for a row group. */
export interface ColumnBuffer {
  /** Adds a row's value. */
  add(value: ColumnValue): void;
  /** Encodes what was added and begins anew. */
  take(): EncodedColumn;
}

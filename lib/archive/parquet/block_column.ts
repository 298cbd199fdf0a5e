/** Numbers by row; absent ones are NaN, absent times 0. */
export interface NumberValues {
  numbers: Float64Array<ArrayBuffer>;
}

/** Index of an absent word. */
export const NO_WORD = 0xFFFF_FFFF;

/** Texts with few distinct values: the index of each row's one in `words`, or {@linkcode NO_WORD}. */
export interface WordValues {
  indices: Uint32Array<ArrayBuffer>;
  words: readonly string[];
}

/** Texts in UTF-8 one after the other; `ends` = end of each row's; an empty one = absent. */
export interface TextValues {
  ends: Uint32Array<ArrayBuffer>;
  utf8: Uint8Array<ArrayBuffer>;
}

/** Booleans by row, 0 or 1. */
export interface FlagValues {
  flags: Uint8Array<ArrayBuffer>;
}

/** Lists one after the other; `ends` = end of each row's. */
export interface ListValues {
  ends: Uint32Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
}

/** Values of a column in the rows of a block. */
export type BlockColumn = NumberValues | WordValues | TextValues | FlagValues | ListValues;

/** Start of a row's content in a column with ends. */
export function startOf(ends: Uint32Array, row: number): number {
  return row === 0 ? 0 : ends[row - 1] as number;
}

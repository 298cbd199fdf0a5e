import {
  type BlockColumn,
  type FlagValues,
  type ListValues,
  type NumberValues,
  startOf,
  type TextValues,
  type WordValues,
} from "./block_column.ts";
import { compareUnsigned } from "./bounds.ts";
import type { ColumnValues } from "./column_values.ts";
import type { Column } from "./record_columns.ts";
import { UTF8 } from "./thrift_reader.ts";

/** Rows of a table, column by column. Blocks that are compared or gathered share their words. */
export interface RowBlock {
  rows: number;
  columns: readonly BlockColumn[];
}

/** Consecutive rows of a block; `to` is exclusive. */
export interface RowSlice {
  block: RowBlock;
  from: number;
  to: number;
}

/** Rows picked from several blocks: row `rows[i]` of block `owners[i]`. */
interface PickedRows {
  blocks: readonly RowBlock[];
  owners: Uint32Array;
  rows: Uint32Array;
}

/** Returns a function from a row to the bytes of its values. */
export function rowSizes({ columns }: RowBlock): (row: number) => number {
  let fixed = 0;
  const lists: { ends: Uint32Array; bytes: number }[] = [];
  for (const column of columns) {
    if ("numbers" in column) fixed += 8;
    else if ("words" in column) fixed += 4;
    else if ("flags" in column) fixed += 1;
    else {
      fixed += 4;
      lists.push({ ends: column.ends, bytes: "utf8" in column ? 1 : 8 });
    }
  }
  return (row) => {
    let size = fixed;
    for (const { ends, bytes } of lists) {
      size += bytes * ((ends[row] as number) - startOf(ends, row));
    }
    return size;
  };
}

/** Copies picked rows into a block of their own. */
export function gatheredBlock(picked: PickedRows): RowBlock {
  const { blocks, rows } = picked;
  const columns = (blocks[0] as RowBlock).columns.map((first, i) => {
    const of = blocks.map(({ columns }) => columns[i] as BlockColumn);
    if ("numbers" in first) return gatheredNumbers(of as NumberValues[], picked);
    if ("words" in first) return gatheredWords(of as WordValues[], first, picked);
    if ("flags" in first) return gatheredFlags(of as FlagValues[], picked);
    return "utf8" in first
      ? gatheredTexts(of as TextValues[], picked)
      : gatheredLists(of as ListValues[], picked);
  });
  return { rows: rows.length, columns };
}

function gatheredNumbers(of: readonly NumberValues[], { owners, rows }: PickedRows): NumberValues {
  const sources = of.map(({ numbers }) => numbers);
  const numbers = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    numbers[i] = (sources[owners[i] as number] as Float64Array)[rows[i] as number] as number;
  }
  return { numbers };
}

function gatheredWords(
  of: readonly WordValues[],
  { words }: WordValues,
  { owners, rows }: PickedRows,
): WordValues {
  const sources = of.map(({ indices }) => indices);
  const indices = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    indices[i] = (sources[owners[i] as number] as Uint32Array)[rows[i] as number] as number;
  }
  return { indices, words };
}

function gatheredFlags(of: readonly FlagValues[], { owners, rows }: PickedRows): FlagValues {
  const sources = of.map(({ flags }) => flags);
  const flags = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    flags[i] = (sources[owners[i] as number] as Uint8Array)[rows[i] as number] as number;
  }
  return { flags };
}

/** Ends of the picked rows' contents when they are one after the other. */
function gatheredEnds(
  of: readonly { ends: Uint32Array }[],
  { owners, rows }: PickedRows,
): Uint32Array<ArrayBuffer> {
  const sources = of.map(({ ends }) => ends);
  const gathered = new Uint32Array(rows.length);
  let end = 0;
  for (let i = 0; i < rows.length; i++) {
    const ends = sources[owners[i] as number] as Uint32Array;
    const row = rows[i] as number;
    end += (ends[row] as number) - startOf(ends, row);
    gathered[i] = end;
  }
  return gathered;
}

function gatheredTexts(of: readonly TextValues[], picked: PickedRows): TextValues {
  const ends = gatheredEnds(of, picked);
  const utf8 = new Uint8Array(ends.at(-1) ?? 0);
  copyContents(of.map((each) => ({ ends: each.ends, content: each.utf8 })), picked, utf8);
  return { ends, utf8 };
}

function gatheredLists(of: readonly ListValues[], picked: PickedRows): ListValues {
  const ends = gatheredEnds(of, picked);
  const values = new Float64Array(ends.at(-1) ?? 0);
  copyContents(of.map((each) => ({ ends: each.ends, content: each.values })), picked, values);
  return { ends, values };
}

function copyContents<T extends Uint8Array | Float64Array>(
  of: readonly { ends: Uint32Array; content: T }[],
  { owners, rows }: PickedRows,
  into: T,
): void {
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const { ends, content } = of[owners[i] as number] as typeof of[number];
    const row = rows[i] as number;
    const end = ends[row] as number;
    for (let from = startOf(ends, row); from < end; from++) into[at++] = content[from] as number;
  }
}

/** Returns whether two rows have the same values in all columns, bit by bit. */
export function isSameRow(a: RowBlock, rowA: number, b: RowBlock, rowB: number): boolean {
  for (let i = 0; i < a.columns.length; i++) {
    if (!isSameValue(a.columns[i] as BlockColumn, rowA, b.columns[i] as BlockColumn, rowB)) {
      return false;
    }
  }
  return true;
}

function isSameValue(a: BlockColumn, rowA: number, b: BlockColumn, rowB: number): boolean {
  if ("numbers" in a) return Object.is(a.numbers[rowA], (b as NumberValues).numbers[rowB]);
  if ("words" in a) return a.indices[rowA] === (b as WordValues).indices[rowB];
  if ("flags" in a) return a.flags[rowA] === (b as FlagValues).flags[rowB];
  if ("utf8" in a) {
    const other = b as TextValues;
    return compareUnsigned(
      a.utf8.subarray(startOf(a.ends, rowA), a.ends[rowA]),
      other.utf8.subarray(startOf(other.ends, rowB), other.ends[rowB]),
    ) === 0;
  }
  const other = b as ListValues;
  const own = a.values.subarray(startOf(a.ends, rowA), a.ends[rowA]);
  const theirs = other.values.subarray(startOf(other.ends, rowB), other.ends[rowB]);
  return own.length === theirs.length && own.every((value, i) => Object.is(value, theirs[i]));
}

/** Returns the columns of a block by name, with a text for each row. */
export function valuesOfBlock(
  columns: readonly Column[],
  block: RowBlock,
): Map<string, ColumnValues> {
  return new Map(columns.map(({ name }, i) => [name, valuesOf(block.columns[i] as BlockColumn)]));
}

function valuesOf(column: BlockColumn): ColumnValues {
  if ("words" in column) {
    const { indices, words } = column;
    return { texts: Array.from(indices, (index) => words[index] ?? "") };
  }
  if (!("utf8" in column)) return column;
  const { ends, utf8 } = column;
  const texts = Array.from(
    ends,
    (end, row) => UTF8.decode(utf8.subarray(startOf(ends, row), end)),
  );
  return { texts };
}

import { checkedUint } from "@ssmd/codec";
import { ByteBuffer } from "./byte_buffer.ts";
import { DoubleList, Uint32List } from "./number_lists.ts";
import type {
  Column,
  DoubleColumn,
  FlagColumn,
  ListColumn,
  NumberColumn,
  TableRow,
  TextColumn,
} from "./record_columns.ts";
import {
  type FlagValues,
  type ListValues,
  NO_WORD,
  type NumberValues,
  type TextValues,
  type WordValues,
} from "./block_column.ts";
import type { RowSlice } from "./row_block.ts";

/** One column of a table that grows. */
interface TableColumn {
  /** Bytes that each row takes. */
  readonly rowBytes: number;
  /** Adds a row's value; returns how many bytes it takes besides `rowBytes`. */
  add(row: TableRow): number;
  /** Values so far; views that are valid until the next `add`. */
  values(): NumberValues | WordValues | TextValues | FlagValues | ListValues;
  /** Discards all rows; keeps memory and words. */
  clear(): void;
}

/** Collects rows in columns, in the order of their arrival. */
export class RowTable {
  /** Rows so far. */
  rows = 0;
  /** Memory of the rows, bytes. */
  bytes = 0;
  #columns: readonly TableColumn[];
  #rowBytes: number;

  /** Creates an empty table. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(tableColumn);
    this.#rowBytes = this.#columns.reduce((sum, { rowBytes }) => sum + rowBytes, 0);
  }

  /** Adds a row. Throws CodecError `CODEC_OUT_OF_RANGE` when a time or count is none. */
  add(row: TableRow): void {
    const columns = this.#columns;
    let bytes = this.#rowBytes;
    for (let i = 0; i < columns.length; i++) bytes += (columns[i] as TableColumn).add(row);
    this.bytes += bytes;
    this.rows++;
  }

  /** All rows, without a copy: valid until the next `add` or `clear`. */
  get all(): RowSlice {
    const block = { rows: this.rows, columns: this.#columns.map((column) => column.values()) };
    return { block, from: 0, to: this.rows };
  }

  /** Discards all rows; words keep their indices. */
  clear(): void {
    this.rows = this.bytes = 0;
    for (const column of this.#columns) column.clear();
  }
}

function tableColumn(column: Column): TableColumn {
  switch (column.kind) {
    case "time":
    case "count":
      return new WholeTableColumn(column);
    case "double":
      return new DoubleTableColumn(column);
    case "word":
      return new WordTableColumn(column);
    case "text":
      return new TextTableColumn(column);
    case "flag":
      return new FlagTableColumn(column);
    case "doubles":
      return new ListTableColumn(column);
  }
}

class WholeTableColumn implements TableColumn {
  readonly rowBytes = 8;
  #column: NumberColumn;
  #absent: number;
  #numbers = new DoubleList();

  constructor(column: NumberColumn) {
    this.#column = column;
    this.#absent = column.kind === "time" ? 0 : NaN;
  }

  add(row: TableRow): number {
    const value = this.#column.of(row);
    this.#numbers.push(
      value === null
        ? this.#absent
        : checkedUint(value, Number.MAX_SAFE_INTEGER, this.#column.name),
    );
    return 0;
  }

  values(): NumberValues {
    return { numbers: this.#numbers.items };
  }

  clear(): void {
    this.#numbers.clear();
  }
}

class DoubleTableColumn implements TableColumn {
  readonly rowBytes = 8;
  #column: DoubleColumn;
  #numbers = new DoubleList();

  constructor(column: DoubleColumn) {
    this.#column = column;
  }

  add(row: TableRow): number {
    this.#numbers.push(this.#column.of(row) ?? NaN);
    return 0;
  }

  values(): NumberValues {
    return { numbers: this.#numbers.items };
  }

  clear(): void {
    this.#numbers.clear();
  }
}

class WordTableColumn implements TableColumn {
  readonly rowBytes = 4;
  #column: TextColumn;
  #known = new Map<string | null, number>([[null, NO_WORD]]);
  #words: string[] = [];
  #last: string | null = null;
  #lastIndex = NO_WORD;
  #indices = new Uint32List();

  constructor(column: TextColumn) {
    this.#column = column;
  }

  add(row: TableRow): number {
    const word = this.#column.of(row);
    if (word !== this.#last) {
      this.#lastIndex = this.#known.get(word) ?? this.#added(word as string);
      this.#last = word;
    }
    this.#indices.push(this.#lastIndex);
    return 0;
  }

  #added(word: string): number {
    const index = this.#words.length;
    this.#words.push(word);
    this.#known.set(word, index);
    return index;
  }

  values(): WordValues {
    return { indices: this.#indices.items, words: this.#words };
  }

  clear(): void {
    this.#indices.clear();
  }
}

class TextTableColumn implements TableColumn {
  readonly rowBytes = 4;
  #column: TextColumn;
  #ends = new Uint32List();
  #utf8 = new ByteBuffer();

  constructor(column: TextColumn) {
    this.#column = column;
  }

  add(row: TableRow): number {
    const text = this.#column.of(row);
    const bytes = text === null ? 0 : this.#utf8.text(text);
    this.#ends.push(this.#utf8.length);
    return bytes;
  }

  values(): TextValues {
    return { ends: this.#ends.items, utf8: this.#utf8.written };
  }

  clear(): void {
    this.#ends.clear();
    this.#utf8.clear();
  }
}

class FlagTableColumn implements TableColumn {
  readonly rowBytes = 1;
  #column: FlagColumn;
  #flags = new ByteBuffer();

  constructor(column: FlagColumn) {
    this.#column = column;
  }

  add(row: TableRow): number {
    this.#flags.uint8(this.#column.of(row) ? 1 : 0);
    return 0;
  }

  values(): FlagValues {
    return { flags: this.#flags.written };
  }

  clear(): void {
    this.#flags.clear();
  }
}

class ListTableColumn implements TableColumn {
  readonly rowBytes = 4;
  #column: ListColumn;
  #ends = new Uint32List();
  #values = new DoubleList();

  constructor(column: ListColumn) {
    this.#column = column;
  }

  add(row: TableRow): number {
    const { field } = this.#column;
    const levels = this.#column.of(row);
    for (let i = 0; i < levels.length; i++) {
      this.#values.push((levels[i] as typeof levels[number])[field]);
    }
    this.#ends.push(this.#values.length);
    return 8 * levels.length;
  }

  values(): ListValues {
    return { ends: this.#ends.items, values: this.#values.items };
  }

  clear(): void {
    this.#ends.clear();
    this.#values.clear();
  }
}

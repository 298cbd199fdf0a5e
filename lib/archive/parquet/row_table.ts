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
  /** Adds the values of rows; returns how many bytes they take besides `rowBytes`. */
  add(rows: readonly TableRow[]): number;
  /** Values so far; views that are valid until the next `add`. */
  values(): NumberValues | WordValues | TextValues | FlagValues | ListValues;
  /** Discards all rows; keeps memory and words. */
  clear(): void;
}

/** Rows that go to the columns at a time: one column after the other is faster than row by row. */
const ROWS_AT_ONCE = 64;

/** Collects rows in columns, in the order of their arrival. */
export class RowTable {
  #columns: readonly TableColumn[];
  #rowBytes: number;
  /** Rows in the columns, and the memory of their values, bytes. */
  #filled = 0;
  #bytes = 0;
  /** Rows that are not yet in the columns. */
  #waiting: TableRow[] = [];

  /** Creates an empty table. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(tableColumn);
    this.#rowBytes = this.#columns.reduce((sum, { rowBytes }) => sum + rowBytes, 0);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#filled + this.#waiting.length;
  }

  /** Memory of the rows, bytes, without the texts and lists of the last few. */
  get bytes(): number {
    return this.#bytes + this.#rowBytes * this.#waiting.length;
  }

  /**
   * Adds a row, which must not change. It or a later call throws CodecError `CODEC_OUT_OF_RANGE` when
   * a time or count is none.
   */
  add(row: TableRow): void {
    if (this.#waiting.push(row) >= ROWS_AT_ONCE) this.#fill();
  }

  #fill(): void {
    const rows = this.#waiting;
    this.#bytes += this.#rowBytes * rows.length;
    for (const column of this.#columns) this.#bytes += column.add(rows);
    this.#filled += rows.length;
    this.#waiting = [];
  }

  /** All rows, without a copy: valid until the next `add` or `clear`. */
  get all(): RowSlice {
    this.#fill();
    const { rows } = this;
    const block = { rows, columns: this.#columns.map((column) => column.values()) };
    return { block, from: 0, to: rows };
  }

  /** Discards all rows; words keep their indices. */
  clear(): void {
    this.#filled = this.#bytes = 0;
    this.#waiting = [];
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

  add(rows: readonly TableRow[]): number {
    const column = this.#column;
    const numbers = this.#numbers.more(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const value = column.of(rows[i] as TableRow);
      numbers[i] = value === null
        ? this.#absent
        : checkedUint(value, Number.MAX_SAFE_INTEGER, column.name);
    }
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

  add(rows: readonly TableRow[]): number {
    const column = this.#column;
    const numbers = this.#numbers.more(rows.length);
    for (let i = 0; i < rows.length; i++) numbers[i] = column.of(rows[i] as TableRow) ?? NaN;
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

  add(rows: readonly TableRow[]): number {
    const column = this.#column;
    const indices = this.#indices.more(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const word = column.of(rows[i] as TableRow);
      if (word !== this.#last) {
        this.#lastIndex = this.#known.get(word) ?? this.#added(word as string);
        this.#last = word;
      }
      indices[i] = this.#lastIndex;
    }
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

  add(rows: readonly TableRow[]): number {
    const column = this.#column;
    const utf8 = this.#utf8;
    const before = utf8.length;
    const ends = this.#ends.more(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const text = column.of(rows[i] as TableRow);
      if (text !== null) utf8.text(text);
      ends[i] = utf8.length;
    }
    return utf8.length - before;
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

  add(rows: readonly TableRow[]): number {
    for (const row of rows) this.#flags.uint8(this.#column.of(row) ? 1 : 0);
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

  add(rows: readonly TableRow[]): number {
    const column = this.#column;
    const { field } = column;
    const values = this.#values;
    const before = values.length;
    const ends = this.#ends.more(rows.length);
    for (let row = 0; row < rows.length; row++) {
      const levels = column.of(rows[row] as TableRow);
      for (let i = 0; i < levels.length; i++) {
        values.push((levels[i] as typeof levels[number])[field]);
      }
      ends[row] = values.length;
    }
    return 8 * (values.length - before);
  }

  values(): ListValues {
    return { ends: this.#ends.items, values: this.#values.items };
  }

  clear(): void {
    this.#ends.clear();
    this.#values.clear();
  }
}

import { writeChunk, type WrittenChunk } from "./chunk_writer.ts";
import { columnBuffer } from "./column_buffer.ts";
import type { ColumnBuffer } from "./encoded_chunk.ts";
import { Uint32List } from "./number_lists.ts";
import type { PageIndexBytes } from "./page_index.ts";
import type { Column } from "./record_columns.ts";
import { type BlockColumn, type ListValues, startOf, type WordValues } from "./block_column.ts";
import type { RowSlice } from "./row_block.ts";
import type { ThriftStruct } from "./thrift_writer.ts";

/** Maximum rows of a row group: readers' unit of work, which they can skip by statistics. */
export const GROUP_ROWS_MAX = 122_880;
/** From this size on a group ends at the next symbol change, so few symbols span two groups. */
const GROUP_ROWS_ENOUGH = GROUP_ROWS_MAX * 3 / 4;
/** Maximum list values of a row group; deep books fill it with fewer rows. */
const GROUP_LIST_VALUES_MAX = 2_000_000;
/**
 * Maximum rows of a page, the same split for all columns. A time-ordered replay has one decoded
 * page per symbol in memory.
 */
export const PAGE_ROWS_MAX = 4096;
/** From this size on a page ends at the next symbol change. */
const PAGE_ROWS_ENOUGH = PAGE_ROWS_MAX / 2;
/** Maximum list values of a page. */
const PAGE_LIST_VALUES_MAX = 65_536;

/** Footer data of a row group. */
export interface WrittenGroup {
  rows: number;
  bytes: number;
  plainBytes: number;
  /** Offset in the file. */
  offset: number;
  isSorted: boolean;
  metas: ThriftStruct[];
  indexes: PageIndexBytes[];
}

/** Collects rows column by column and writes them as a row group. */
export class RowGroup {
  /** Rows added so far. */
  rows = 0;
  #columns: readonly Column[];
  #buffers: ColumnBuffer[];
  #symbolColumn: number;
  #listColumns: readonly number[];
  #rowStarts = new Uint32List();
  #pageRows = 0;
  #pageListValues = 0;
  #listValues = 0;
  #symbol: string | undefined;
  #isSorted = true;

  /** Creates an empty group. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#buffers = columns.map(columnBuffer);
    this.#symbolColumn = columns.findIndex(({ name }) => name === "symbol");
    this.#listColumns = columns.flatMap(({ kind }, i) => kind === "doubles" ? [i] : []);
  }

  /** Returns whether the group must be written before the first row of a slice is added. */
  isFullFor(slice: RowSlice): boolean {
    return this.rows >= GROUP_ROWS_MAX || this.#listValues >= GROUP_LIST_VALUES_MAX ||
      this.rows >= GROUP_ROWS_ENOUGH && this.#symbolAt(slice) !== this.#symbol;
  }

  /**
   * Adds rows of a slice up to the next one that may belong to another page or group; returns how
   * many.
   */
  add(slice: RowSlice): number {
    const symbol = this.#symbolAt(slice);
    const isNewPage = this.#isPageFull(symbol);
    if (isNewPage) this.#endPage();
    if (this.#pageRows === 0) this.#rowStarts.push(this.rows);
    if (symbol !== this.#symbol) this.#enter(symbol);
    // The list values of the page before it may have filled the group.
    const room = isNewPage
      ? 1
      : Math.min(PAGE_ROWS_MAX - this.#pageRows, GROUP_ROWS_MAX - this.rows);
    const count = this.#countListValues(slice, this.#sameSymbol(slice, room));
    this.rows += count;
    this.#pageRows += count;
    const { block, from } = slice;
    for (let i = 0; i < this.#buffers.length; i++) {
      const column = block.columns[i] as BlockColumn;
      (this.#buffers[i] as ColumnBuffer).add(column, from, from + count);
    }
    return count;
  }

  #symbolAt({ block, from }: RowSlice): string {
    const { indices, words } = block.columns[this.#symbolColumn] as WordValues;
    return words[indices[from] as number] as string;
  }

  /** Number of rows of one symbol at the start of a slice, up to `max`. */
  #sameSymbol({ block, from, to }: RowSlice, max: number): number {
    const { indices } = block.columns[this.#symbolColumn] as WordValues;
    const end = Math.min(to, from + max);
    let at = from + 1;
    while (at < end && indices[at] === indices[from]) at++;
    return at - from;
  }

  /** Counts the page's list values with up to `max` rows more, until it is full; returns how many. */
  #countListValues({ block, from }: RowSlice, max: number): number {
    if (this.#listColumns.length === 0) return max;
    const all = this.#listColumns.map((i) => (block.columns[i] as ListValues).ends);
    for (let count = 1; count <= max; count++) {
      const row = from + count - 1;
      for (const ends of all) this.#pageListValues += (ends[row] as number) - startOf(ends, row);
      if (this.#pageListValues >= PAGE_LIST_VALUES_MAX) return count;
    }
    return max;
  }

  #isPageFull(symbol: string): boolean {
    return this.#pageRows >= PAGE_ROWS_MAX || this.#pageListValues >= PAGE_LIST_VALUES_MAX ||
      this.#pageRows >= PAGE_ROWS_ENOUGH && symbol !== this.#symbol;
  }

  #endPage(): void {
    for (const buffer of this.#buffers) buffer.endPage();
    this.#listValues += this.#pageListValues;
    this.#pageRows = this.#pageListValues = 0;
  }

  #enter(symbol: string): void {
    // Code unit order equals UTF-8 order except beyond U+D7FF.
    const isBehind = this.#symbol === undefined || this.#symbol < symbol;
    this.#isSorted &&= isBehind && !/[\uD800-\uFFFF]/.test(symbol);
    this.#symbol = symbol;
  }

  /** Encodes and compresses the rows for `offset` of the file, and resets the group. */
  *take(offset: number): Generator<Uint8Array, WrittenGroup> {
    this.#endPage();
    const rowStarts = [...this.#rowStarts.items];
    const chunks: WrittenChunk[] = [];
    let at = offset;
    for (const [i, column] of this.#columns.entries()) {
      const buffer = this.#buffers[i] as ColumnBuffer;
      const chunk = yield* writeChunk(column, buffer.take(), { offset: at, rowStarts });
      buffer.clear();
      chunks.push(chunk);
      at += chunk.bytes;
    }
    const taken = {
      ...{ rows: this.rows, offset, bytes: at - offset, isSorted: this.#isSorted },
      plainBytes: chunks.reduce((sum, chunk) => sum + chunk.plainBytes, 0),
      metas: chunks.map(({ meta }) => meta),
      indexes: chunks.map(({ index }) => index),
    };
    this.rows = this.#listValues = 0;
    this.#symbol = undefined;
    this.#isSorted = true;
    this.#rowStarts.clear();
    return taken;
  }
}

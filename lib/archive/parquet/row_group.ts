import { writeChunk, type WrittenChunk } from "./chunk_writer.ts";
import { columnBuffer } from "./column_buffer.ts";
import type { ColumnBuffer } from "./encoded_chunk.ts";
import { Uint32List } from "./number_lists.ts";
import type { PageIndexBytes } from "./page_index.ts";
import type { Column, TableRow } from "./record_columns.ts";
import type { ThriftStruct } from "./thrift_writer.ts";

/** Rows of a row group: what readers take as the unit of work and can pass over by statistics. */
export const GROUP_ROWS_MAX = 122_880;
/** From here on a group ends where a symbol does, so that few symbols lie in two groups. */
const GROUP_ROWS_ENOUGH = GROUP_ROWS_MAX * 3 / 4;
/** Values in lists of one row group; books of many levels fill it with fewer rows. */
const GROUP_LIST_VALUES_MAX = 2_000_000;
/**
 * Rows of a page, at which all columns are cut alike: a replay in the order of time has a page of
 * each symbol decoded at the same time.
 */
export const PAGE_ROWS_MAX = 4096;
/** From here on a page ends where a symbol does. */
const PAGE_ROWS_ENOUGH = PAGE_ROWS_MAX / 2;
/** Values in lists of one page. */
const PAGE_LIST_VALUES_MAX = 65_536;

/** What the footer has to say of a row group. */
export interface WrittenGroup {
  rows: number;
  bytes: number;
  plainBytes: number;
  /** In the file. */
  offset: number;
  isSorted: boolean;
  metas: ThriftStruct[];
  indexes: PageIndexBytes[];
}

/** Gathers rows, column by column, and writes them as a row group. */
export class RowGroup {
  /** Rows that are in it. */
  rows = 0;
  #columns: readonly Column[];
  #buffers: ColumnBuffer[];
  #rowStarts = new Uint32List();
  #pageRows = 0;
  #pageListValues = 0;
  #listValues = 0;
  #symbol: string | undefined;
  #isSorted = true;

  /** Without rows. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#buffers = columns.map(columnBuffer);
  }

  /** Whether the group must be written before a record of this symbol is added. */
  isFullFor(symbol: string): boolean {
    return this.rows >= GROUP_ROWS_MAX || this.#listValues >= GROUP_LIST_VALUES_MAX ||
      this.rows >= GROUP_ROWS_ENOUGH && symbol !== this.#symbol;
  }

  /** Adds a record. */
  add(event: TableRow): void {
    const { symbol } = event;
    if (this.#isPageFull(symbol)) this.#endPage();
    if (this.#pageRows === 0) this.#rowStarts.push(this.rows);
    if (symbol !== this.#symbol) this.#enter(symbol);
    this.rows++;
    this.#pageRows++;
    for (let i = 0; i < this.#buffers.length; i++) {
      this.#pageListValues += (this.#buffers[i] as ColumnBuffer).add(event);
    }
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
    // By code units, which is the order of UTF-8 too but for what is behind U+D7FF.
    const isBehind = this.#symbol === undefined || this.#symbol < symbol;
    this.#isSorted &&= isBehind && !/[\uD800-\uFFFF]/.test(symbol);
    this.#symbol = symbol;
  }

  /** Encodes and compresses what was added, to stand at `offset` of the file, and begins anew. */
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

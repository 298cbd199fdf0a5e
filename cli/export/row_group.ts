import type { DecodedArray } from "hyparquet";
import type { MarketEvent } from "@ssmd/market";
import type { Column, ColumnValue } from "./columns.ts";

/** Rows of one row group: what readers take as the unit of work and can pass over by statistics. */
export const GROUP_ROWS_MAX = 122_880;
/** Values in lists of one row group; books of many levels fill it with fewer rows. */
export const GROUP_LIST_VALUES_MAX = 2_000_000;

type ColumnData = Float64Array | BigInt64Array | unknown[];

/** The values of a row group, column by column; its memory is used again for the next one. */
export class RowGroupBuffer {
  /** Rows that are in it. */
  rows = 0;
  #columns: readonly Column[];
  #data: ColumnData[];
  #listValues = 0;

  /** With room for {@linkcode GROUP_ROWS_MAX} rows. */
  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#data = columns.map(roomFor);
  }

  /** Whether the group must be written before the next row. */
  get isFull(): boolean {
    return this.rows >= GROUP_ROWS_MAX || this.#listValues >= GROUP_LIST_VALUES_MAX;
  }

  /** Adds a record. */
  add(event: MarketEvent): void {
    const row = this.rows++;
    for (let i = 0; i < this.#columns.length; i++) {
      const column = this.#columns[i] as Column;
      const value = stored(column, column.of(event));
      (this.#data[i] as unknown[])[row] = value;
      if (column.kind === "doubles") this.#listValues += (value as number[]).length;
    }
  }

  /** What was added, a list a column, and begins anew; the lists hold until the next `add`. */
  take(): DecodedArray[] {
    const { rows } = this;
    this.rows = 0;
    this.#listValues = 0;
    return this.#data.map((data) =>
      Array.isArray(data) ? data.slice(0, rows) : data.subarray(0, rows)
    );
  }
}

function roomFor({ kind, nullable }: Column): ColumnData {
  if (nullable) return [];
  if (kind === "double") return new Float64Array(GROUP_ROWS_MAX);
  if (kind === "time" || kind === "count") return new BigInt64Array(GROUP_ROWS_MAX);
  return [];
}

function stored({ kind }: Column, value: ColumnValue): unknown {
  if (value === null) return null;
  if (kind === "time") return BigInt(value as number) * 1000n;
  return kind === "count" ? BigInt(value as number) : value;
}

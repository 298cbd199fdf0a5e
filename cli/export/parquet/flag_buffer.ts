import type { ColumnValue } from "../columns.ts";
import { type ColumnBuffer, type EncodedColumn, PLAIN } from "./encoded_column.ts";

/** Yes and no, eight a byte. */
export class FlagBuffer implements ColumnBuffer {
  #rows: boolean[] = [];

  add(value: ColumnValue): void {
    this.#rows.push(value as boolean);
  }

  take(): EncodedColumn {
    const rows = this.#rows;
    const page = new Uint8Array(Math.ceil(rows.length / 8));
    rows.forEach((flag, i) => {
      if (flag) page[i >>> 3] = (page[i >>> 3] ?? 0) | 1 << (i & 7);
    });
    this.#rows = [];
    const bounds = {
      min: Uint8Array.of(rows.every(Boolean) ? 1 : 0),
      max: Uint8Array.of(rows.some(Boolean) ? 1 : 0),
    };
    return { count: rows.length, nulls: 0, page, encoding: PLAIN, bounds };
  }
}

import { type ColumnBuffer, type EncodedChunk, PLAIN } from "./encoded_chunk.ts";
import { PageEnds } from "./page_ends.ts";
import type { FlagColumn, TableRow } from "./record_columns.ts";

/** Booleans, eight per byte. */
export class FlagBuffer implements ColumnBuffer {
  #column: FlagColumn;
  #rows: boolean[] = [];
  #ends = new PageEnds();

  constructor(column: FlagColumn) {
    this.#column = column;
  }

  add(event: TableRow): number {
    this.#rows.push(this.#column.of(event));
    return 0;
  }

  endPage(): void {
    this.#ends.add(this.#rows.length, this.#rows.length);
  }

  take(): EncodedChunk {
    const flags = this.#ends.spans.map(({ from, to }) => this.#rows.slice(from.values, to.values));
    const pages = flags.map((page) => ({
      ...{ count: page.length, nulls: 0 },
      bounds: {
        min: Uint8Array.of(page.every(Boolean) ? 1 : 0),
        max: Uint8Array.of(page.some(Boolean) ? 1 : 0),
      },
    }));
    return { encoding: PLAIN, pages, pageBytes: (page) => packed(flags[page] ?? []) };
  }

  clear(): void {
    this.#rows = [];
    this.#ends.clear();
  }
}

function packed(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => {
    if (flag) bytes[i >>> 3] = (bytes[i >>> 3] ?? 0) | 1 << (i & 7);
  });
  return bytes;
}

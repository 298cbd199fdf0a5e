import { ByteBuffer } from "./byte_buffer.ts";
import { writeDeltas } from "./delta_packing.ts";
import {
  type Bounds,
  type ColumnBuffer,
  DELTA_BINARY_PACKED,
  type EncodedChunk,
} from "./encoded_chunk.ts";
import { Levels } from "./levels.ts";
import { DoubleList } from "./number_lists.ts";
import { PageEnds } from "./page_ends.ts";
import type { NumberColumn, TableRow } from "./record_columns.ts";

/** Integers ≥ 0 in 64 bits, as packed differences. */
export class WholeBuffer implements ColumnBuffer {
  #column: NumberColumn;
  #values = new DoubleList();
  #levels: Levels | undefined;
  #ends = new PageEnds();
  #rows = 0;
  #page = new ByteBuffer();

  constructor(column: NumberColumn) {
    this.#column = column;
    this.#levels = column.nullable ? new Levels(new ByteBuffer()) : undefined;
  }

  add(event: TableRow): number {
    const value = this.#column.of(event);
    this.#rows++;
    this.#levels?.add(value === null ? 0 : 1);
    if (value !== null) this.#values.push(value);
    return 0;
  }

  endPage(): void {
    this.#ends.add(this.#rows, this.#values.length);
  }

  take(): EncodedChunk {
    const values = this.#values.items;
    const spans = this.#ends.spans;
    const pages = spans.map(({ from, to }) => {
      const count = to.levels - from.levels;
      const bounds = this.#boundsOf(values.subarray(from.values, to.values));
      const nulls = count - (to.values - from.values);
      return { count, nulls, ...(bounds === undefined ? {} : { bounds }) };
    });
    const pageBytes = (page: number) => {
      const { from, to } = spans[page] as typeof spans[number];
      this.#page.clear();
      this.#levels?.write(this.#page, from.levels, to.levels);
      writeDeltas(this.#page, values.subarray(from.values, to.values));
      return this.#page.written;
    };
    return { encoding: DELTA_BINARY_PACKED, pages, pageBytes };
  }

  clear(): void {
    this.#rows = 0;
    this.#values.clear();
    this.#levels?.clear();
    this.#ends.clear();
  }

  #boundsOf(values: Float64Array): Bounds | undefined {
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return min > max ? undefined : { min: bytesOf(min), max: bytesOf(max) };
  }
}

function bytesOf(value: number): Uint8Array {
  const bytes = new ByteBuffer(8);
  bytes.uint64(value);
  return bytes.written;
}

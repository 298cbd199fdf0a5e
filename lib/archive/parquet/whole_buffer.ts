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
import type { NumberColumn } from "./record_columns.ts";
import type { BlockColumn, NumberValues } from "./block_column.ts";

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

  add(column: BlockColumn, from: number, to: number): void {
    const { numbers } = column as NumberValues;
    this.#rows += to - from;
    if (this.#levels === undefined) return this.#values.pushAll(numbers.subarray(from, to));
    const isTime = this.#column.kind === "time";
    for (let i = from; i < to; i++) {
      const value = numbers[i] as number;
      const isPresent = isTime ? value !== 0 : value === value;
      this.#levels.add(isPresent ? 1 : 0);
      if (isPresent) this.#values.push(value);
    }
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

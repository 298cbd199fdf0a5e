import { ByteBuffer } from "./byte_buffer.ts";
import { type DoubleEncoding, encodeDoubles } from "./double_encoding.ts";
import type { Bounds, ColumnBuffer, EncodedChunk, PageCounts } from "./encoded_chunk.ts";
import { Levels } from "./levels.ts";
import { DoubleList } from "./number_lists.ts";
import { PageEnds, type PageSpan } from "./page_ends.ts";
import type { DoubleColumn } from "./record_columns.ts";
import { type BlockColumn, type ListValues, type NumberValues, startOf } from "./block_column.ts";

/** Buffer of doubles, with levels for absent values or lists. */
abstract class DoublesBuffer implements ColumnBuffer {
  protected readonly values = new DoubleList();
  protected readonly levels: readonly Levels[];
  protected count = 0;
  #ends = new PageEnds();
  #page = new ByteBuffer();

  constructor(levels: readonly Levels[]) {
    this.levels = levels;
  }

  abstract add(column: BlockColumn, from: number, to: number): void;

  endPage(): void {
    this.#ends.add(this.count, this.values.length);
  }

  take(): EncodedChunk {
    const values = this.values.items;
    const spans = this.#ends.spans;
    const encoded: DoubleEncoding = encodeDoubles(
      spans.map(({ from, to }) => values.subarray(from.values, to.values)),
      values,
    );
    const pageBytes = (page: number) => {
      const { from, to } = spans[page] as PageSpan;
      this.#page.clear();
      for (const levels of this.levels) levels.write(this.#page, from.levels, to.levels);
      encoded.write(this.#page, page);
      return this.#page.written;
    };
    const { encoding, dictionary } = encoded;
    const pages = spans.map((span) => countsOf(span, values));
    return { encoding, pages, pageBytes, ...(dictionary === undefined ? {} : { dictionary }) };
  }

  clear(): void {
    this.count = 0;
    this.values.clear();
    this.#ends.clear();
    for (const levels of this.levels) levels.clear();
  }
}

/** One double per row; absent when the column is nullable. */
export class DoubleBuffer extends DoublesBuffer {
  constructor(column: DoubleColumn) {
    super(column.nullable ? [new Levels(new ByteBuffer())] : []);
  }

  override add(column: BlockColumn, from: number, to: number): void {
    const { numbers } = column as NumberValues;
    const [levels] = this.levels;
    this.count += to - from;
    if (levels === undefined) return this.values.pushAll(numbers.subarray(from, to));
    for (let i = from; i < to; i++) {
      const value = numbers[i] as number;
      const isPresent = value === value;
      levels.add(isPresent ? 1 : 0);
      if (isPresent) this.values.push(value);
    }
  }
}

/** A list of doubles per row: levels mark where a list begins and which lists are empty. */
export class ListBuffer extends DoublesBuffer {
  #continues: Levels;
  #isPresent: Levels;

  constructor() {
    const [continues, isPresent] = [new Levels(new ByteBuffer()), new Levels(new ByteBuffer())];
    super([continues, isPresent]);
    this.#continues = continues;
    this.#isPresent = isPresent;
  }

  override add(column: BlockColumn, from: number, to: number): void {
    const { ends, values } = column as ListValues;
    const first = startOf(ends, from);
    let start = first;
    for (let i = from; i < to; i++) {
      const length = (ends[i] as number) - start;
      start += length;
      this.#continues.add(0);
      this.#continues.addAll(1, length - 1);
      if (length === 0) this.#isPresent.add(0);
      this.#isPresent.addAll(1, length);
      this.count += Math.max(1, length);
    }
    this.values.pushAll(values.subarray(first, start));
  }
}

function countsOf({ from, to }: PageSpan, values: Float64Array): PageCounts {
  const count = to.levels - from.levels;
  const bounds = boundsOf(values.subarray(from.values, to.values));
  const nulls = count - (to.values - from.values);
  return { count, nulls, ...(bounds === undefined ? {} : { bounds }) };
}

/** Bounds as Parquet requires: none when a value is NaN; a zero bound is -0 as min, +0 as max. */
function boundsOf(values: Float64Array): Bounds | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== value) return undefined;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return undefined;
  return { min: bytesOfDouble(min === 0 ? -0 : min), max: bytesOfDouble(max === 0 ? 0 : max) };
}

function bytesOfDouble(value: number): Uint8Array {
  const bytes = new ByteBuffer(8);
  bytes.float64(value);
  return bytes.written;
}

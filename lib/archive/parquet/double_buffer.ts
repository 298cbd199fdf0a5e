import { ByteBuffer } from "./byte_buffer.ts";
import { type DoubleEncoding, encodeDoubles } from "./double_encoding.ts";
import type { Bounds, ColumnBuffer, EncodedChunk, PageCounts } from "./encoded_chunk.ts";
import { Levels } from "./levels.ts";
import { DoubleList } from "./number_lists.ts";
import { PageEnds, type PageSpan } from "./page_ends.ts";
import type { DoubleColumn, ListColumn, TableRow } from "./record_columns.ts";

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

  abstract add(event: TableRow): number;

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
  #column: DoubleColumn;

  constructor(column: DoubleColumn) {
    super(column.nullable ? [new Levels(new ByteBuffer())] : []);
    this.#column = column;
  }

  override add(event: TableRow): number {
    const value = this.#column.of(event);
    this.count++;
    if (value === null) this.levels[0]?.add(0);
    else {
      this.levels[0]?.add(1);
      this.values.push(value);
    }
    return 0;
  }
}

/** A list of doubles per row: levels mark where a list begins and which lists are empty. */
export class ListBuffer extends DoublesBuffer {
  #column: ListColumn;
  #continues: Levels;
  #isPresent: Levels;

  constructor(column: ListColumn) {
    const [continues, isPresent] = [new Levels(new ByteBuffer()), new Levels(new ByteBuffer())];
    super([continues, isPresent]);
    this.#column = column;
    this.#continues = continues;
    this.#isPresent = isPresent;
  }

  override add(event: TableRow): number {
    const { field } = this.#column;
    const levels = this.#column.of(event);
    for (let i = 0; i < levels.length; i++) {
      this.#continues.add(i === 0 ? 0 : 1);
      this.#isPresent.add(1);
      this.values.push((levels[i] as typeof levels[number])[field]);
    }
    if (levels.length === 0) {
      this.#continues.add(0);
      this.#isPresent.add(0);
    }
    this.count += Math.max(1, levels.length);
    return levels.length;
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

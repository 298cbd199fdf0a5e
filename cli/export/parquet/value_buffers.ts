import type { ColumnValue } from "../columns.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { DoubleBounds } from "./double_bounds.ts";
import { type Bounds, type ColumnBuffer, type EncodedColumn, PLAIN } from "./encoded_column.ts";
import { Levels } from "./levels.ts";

/** What columns have in common that hold at most one value a row. */
abstract class SingleBuffer implements ColumnBuffer {
  protected readonly values = new ByteBuffer();
  #page = new ByteBuffer();
  #scratch = new ByteBuffer();
  #levels: Levels | undefined;
  #rows = 0;
  #nulls = 0;

  constructor(nullable: boolean) {
    this.#levels = nullable ? new Levels() : undefined;
  }

  add(value: ColumnValue): void {
    this.#rows++;
    this.#levels?.add(value === null ? 0 : 1);
    if (value === null) this.#nulls++;
    else this.addValue(value);
  }

  take(): EncodedColumn {
    this.#page.clear();
    this.#levels?.writeTo(this.#page, this.#scratch);
    this.#page.bytes(this.values.written);
    const bounds = this.takeBounds();
    const taken = { count: this.#rows, nulls: this.#nulls, page: this.#page.written };
    this.values.clear();
    this.#rows = 0;
    this.#nulls = 0;
    return { ...taken, encoding: PLAIN, ...(bounds === undefined ? {} : { bounds }) };
  }

  protected abstract addValue(value: Exclude<ColumnValue, null>): void;
  protected abstract takeBounds(): Bounds | undefined;
}

/** Whole numbers from 0, each times a factor, in 64 bits. */
export class WholeBuffer extends SingleBuffer {
  #factor: number;
  #min = Infinity;
  #max = -Infinity;

  constructor(nullable: boolean, factor: number) {
    super(nullable);
    this.#factor = factor;
  }

  protected override addValue(value: number): void {
    this.values.uint64(value, this.#factor);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  protected override takeBounds(): Bounds | undefined {
    const [min, max] = [this.#min, this.#max];
    this.#min = Infinity;
    this.#max = -Infinity;
    return min > max ? undefined : { min: this.#bytesOf(min), max: this.#bytesOf(max) };
  }

  #bytesOf(value: number): Uint8Array {
    const bytes = new ByteBuffer(8);
    bytes.uint64(value, this.#factor);
    return bytes.written;
  }
}

/** Doubles as they are. */
export class DoubleBuffer extends SingleBuffer {
  #bounds = new DoubleBounds();

  protected override addValue(value: number): void {
    this.values.float64(value);
    this.#bounds.add(value);
  }

  protected override takeBounds(): Bounds | undefined {
    return this.#bounds.take();
  }
}

type Span = readonly [start: number, end: number];

/** Longest text that stands in statistics as a bound. */
const BOUND_BYTES_MAX = 64;

/** Texts behind their lengths; bounds by their bytes, which is the order that Parquet has. */
export class TextBuffer extends SingleBuffer {
  #min: Span | undefined;
  #max: Span | undefined;

  protected override addValue(value: string): void {
    const start = this.values.length + 4;
    this.values.sizedText(value);
    const span: Span = [start, this.values.length];
    if (this.#min === undefined || this.#compare(span, this.#min) < 0) this.#min = span;
    if (this.#max === undefined || this.#compare(span, this.#max) > 0) this.#max = span;
  }

  protected override takeBounds(): Bounds | undefined {
    const [min, max] = [this.#min, this.#max].map((span) =>
      span && this.values.written.slice(...span)
    );
    this.#min = this.#max = undefined;
    if (min === undefined || max === undefined) return undefined;
    return Math.max(min.length, max.length) > BOUND_BYTES_MAX ? undefined : { min, max };
  }

  #compare(a: Span, b: Span): number {
    return this.values.compare(a[0], a[1], b[0], b[1]);
  }
}

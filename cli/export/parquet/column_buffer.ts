import type { Column, ColumnValue } from "../columns.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { bitsFor, writeRuns } from "./run_lengths.ts";

/** Parquet's numbers of the encodings. */
export const PLAIN = 0;
/** Run lengths of levels. */
export const RLE = 3;
/** Indices into a dictionary page. */
export const DICTIONARY = 8;

/** Least and greatest value as their plain bytes; absent = not known. */
export interface Bounds {
  min: Uint8Array;
  max: Uint8Array;
}

/** A column of a row group, encoded and not yet compressed; it holds until the next `add`. */
export interface EncodedColumn {
  /** Values with absent ones and, in lists, a place for each empty list. */
  count: number;
  /** Absent values. */
  nulls: number;
  /** Levels and values of the data page. */
  page: Uint8Array;
  encoding: typeof PLAIN | typeof DICTIONARY;
  /** The values that indices stand for. */
  dictionary?: { count: number; page: Uint8Array };
  bounds?: Bounds;
}

/** Gathers the values of one column for a row group. */
export interface ColumnBuffer {
  /** Adds a row's value. */
  add(value: ColumnValue): void;
  /** Encodes what was added and begins anew. */
  take(): EncodedColumn;
}

/** The buffer that fits a column. */
export function columnBuffer({ kind, nullable }: Column): ColumnBuffer {
  switch (kind) {
    case "time":
      return new WholeBuffer(nullable, 1000);
    case "count":
      return new WholeBuffer(nullable, 1);
    case "double":
      return new DoubleBuffer(nullable);
    case "word":
      return new WordBuffer();
    case "text":
      return new TextBuffer(nullable);
    case "flag":
      return new FlagBuffer();
    case "doubles":
      return new ListBuffer();
  }
}

/** 0 and 1 a value: whether it is there, or whether it goes on with a list. */
class Levels {
  #levels = new Uint8Array(1024);
  length = 0;

  add(level: 0 | 1): void {
    if (this.length === this.#levels.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.#levels);
      this.#levels = larger;
    }
    this.#levels[this.length++] = level;
  }

  /** Writes the levels behind their length in bytes, and begins anew. */
  writeTo(out: ByteBuffer, scratch: ByteBuffer): void {
    scratch.clear();
    writeRuns(scratch, this.#levels.subarray(0, this.length), 1);
    out.uint32(scratch.length);
    out.bytes(scratch.written);
    this.length = 0;
  }
}

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
class WholeBuffer extends SingleBuffer {
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

/** Least and greatest of doubles, as Parquet wants them: no bounds where one is no number. */
class DoubleBounds {
  #min = Infinity;
  #max = -Infinity;
  #isKnown = true;

  add(value: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value !== value) this.#isKnown = false;
  }

  take(): Bounds | undefined {
    const [min, max, isKnown] = [this.#min, this.#max, this.#isKnown];
    this.#min = Infinity;
    this.#max = -Infinity;
    this.#isKnown = true;
    if (!isKnown || min > max) return undefined;
    // A zero of either sign lies between -0 and 0.
    return { min: bytesOfDouble(min === 0 ? -0 : min), max: bytesOfDouble(max === 0 ? 0 : max) };
  }
}

function bytesOfDouble(value: number): Uint8Array {
  const bytes = new ByteBuffer(8);
  bytes.float64(value);
  return bytes.written;
}

class DoubleBuffer extends SingleBuffer {
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
class TextBuffer extends SingleBuffer {
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

/** Texts of few values: each once in a dictionary, and its place there for each row. */
class WordBuffer implements ColumnBuffer {
  #places = new Map<string, number>();
  #last: string | undefined;
  #place = 0;
  #rows: number[] = [];
  #dictionary = new ByteBuffer();
  #page = new ByteBuffer();

  add(value: ColumnValue): void {
    const word = value as string;
    if (word !== this.#last) {
      this.#last = word;
      this.#place = this.#placeOf(word);
    }
    this.#rows.push(this.#place);
  }

  #placeOf(word: string): number {
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(word, place);
    return place;
  }

  take(): EncodedColumn {
    const words = [...this.#places.keys()];
    this.#dictionary.clear();
    for (const word of words) this.#dictionary.sizedText(word);
    this.#page.clear();
    // A width of 0 bits is allowed, and read wrongly by some.
    const bits = Math.max(1, bitsFor(words.length - 1));
    this.#page.uint8(bits);
    writeRuns(this.#page, this.#rows, bits);
    const count = this.#rows.length;
    const bounds = boundsOfWords(words);
    this.#places.clear();
    this.#last = undefined;
    this.#rows = [];
    return {
      ...{ count, nulls: 0, page: this.#page.written, encoding: DICTIONARY },
      dictionary: { count: words.length, page: this.#dictionary.written },
      ...(bounds === undefined ? {} : { bounds }),
    };
  }
}

function boundsOfWords(words: readonly string[]): Bounds | undefined {
  const all = new TextBuffer(false);
  for (const word of words) all.add(word);
  return all.take().bounds;
}

/** Yes and no, eight a byte. */
class FlagBuffer implements ColumnBuffer {
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

/** Lists of doubles: levels tell where a list begins and which are empty. */
class ListBuffer implements ColumnBuffer {
  #goesOn = new Levels();
  #isThere = new Levels();
  #values = new ByteBuffer();
  #page = new ByteBuffer();
  #scratch = new ByteBuffer();
  #bounds = new DoubleBounds();

  add(value: ColumnValue): void {
    const list = value as readonly number[];
    if (list.length === 0) {
      this.#goesOn.add(0);
      this.#isThere.add(0);
    }
    for (let i = 0; i < list.length; i++) {
      this.#goesOn.add(i === 0 ? 0 : 1);
      this.#isThere.add(1);
      this.#values.float64(list[i] as number);
      this.#bounds.add(list[i] as number);
    }
  }

  take(): EncodedColumn {
    const count = this.#goesOn.length;
    const nulls = count - this.#values.length / 8;
    this.#page.clear();
    this.#goesOn.writeTo(this.#page, this.#scratch);
    this.#isThere.writeTo(this.#page, this.#scratch);
    this.#page.bytes(this.#values.written);
    this.#values.clear();
    const bounds = this.#bounds.take();
    const page = this.#page.written;
    return { count, nulls, page, encoding: PLAIN, ...(bounds === undefined ? {} : { bounds }) };
  }
}

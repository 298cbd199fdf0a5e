import type { EnrichChain } from "./chain.ts";

/** Values of a market from a moment on, until its next row. */
export interface EnrichedRow {
  symbol: string;
  feed: string;
  /** When what changed was received, µs; or since when the market is stale. */
  timeUs: number;
  /** Whether the book is known; else it has no bid and ask, and nothing is made of them. */
  valid: boolean;
  /** What is calculated, by the chain's steps; NaN = not known. */
  numbers: readonly number[];
  /** By the chain's columns behind those; null = not known. Rows with the same words share the list. */
  words: readonly (string | null)[];
}

/** A row in JSON; `time` is milliseconds since 1970, the chain's columns stand beside. */
export interface EnrichedJson {
  symbol: string;
  feed: string;
  time: number;
  valid: boolean;
  [column: string]: string | number | boolean | null;
}

/** A row in JSON. */
export function enrichedJson(chain: EnrichChain, row: EnrichedRow): EnrichedJson {
  const { symbol, feed, timeUs, valid } = row;
  const json: EnrichedJson = { symbol, feed, time: timeUs / 1000, valid };
  chain.columns.forEach(({ name }, i) => json[name] = valueOf(row, i));
  return json;
}

/** A value by the chain's columns; null = not known. */
export function valueOf({ numbers, words }: EnrichedRow, column: number): number | string | null {
  const value = numbers[column];
  if (value === undefined) return words[column - numbers.length] ?? null;
  return Number.isNaN(value) ? null : value;
}

const UTF8 = new TextEncoder();
const CHUNK_BYTES = 64 * 1024;
/** Powers of ten that are exact. */
const SCALES = Float64Array.from({ length: 13 }, (_, places) => Number(`1e${places}`));
/** Below it `String` has exponents. */
const DECIMAL_MIN = 1e-6;
/** The longest number that `String` writes. */
const NUMBER_BYTES_MAX = 25;
/** The longest time in milliseconds, and whether the book is known. */
const TIME_BYTES_MAX = 48;
/** What is not longer is copied byte by byte: that is faster. */
const SHORT_BYTES = 16;
const [MINUS, POINT, ZERO] = [45, 46, 48];
const NULL = UTF8.encode("null");
const [VALID, INVALID] = [UTF8.encode(`,"valid":true`), UTF8.encode(`,"valid":false`)];

/** Lists of words of a market whose bytes are kept: its quality goes to and fro between few. */
const TAILS_MAX = 8;

/** What the rows of a market have in common. */
interface RowFrame {
  /** To the time. */
  head: Uint8Array;
  /** Lists of words, the last row's first, with the bytes of them and of all behind them. */
  tails: { words: EnrichedRow["words"]; bytes: Uint8Array }[];
}

/**
 * Rows as JSON in UTF-8, with the version of the chain: what goes to the bus. They share chunks of
 * memory, and what is as in the row before is copied: rows are many.
 */
export class RowBytes {
  #numbers: Uint8Array[];
  /** What stands between head and tail. */
  #rowBytesMax: number;
  #wordNames: string[];
  #version: string;
  #frames = new Map<string, RowFrame>();
  #chunk = new Uint8Array(CHUNK_BYTES);
  #end = 0;
  #second = -1;
  #secondText = "";

  /** Of rows of a chain. */
  constructor({ columns, steps, version }: EnrichChain) {
    this.#numbers = columns.slice(0, steps.length).map(({ name }) => UTF8.encode(`,"${name}":`));
    this.#rowBytesMax = this.#numbers.reduce(
      (sum, name) => sum + name.length + NUMBER_BYTES_MAX,
      TIME_BYTES_MAX,
    );
    this.#wordNames = columns.slice(steps.length).map(({ name }) => name);
    this.#version = version;
  }

  /** The bytes of a row, a view into a chunk. */
  of(row: EnrichedRow): Uint8Array {
    const { timeUs, valid, numbers } = row;
    const frame = this.#frame(row);
    const tail = this.#tail(frame, row.words);
    this.#reserve(frame.head.length + this.#rowBytesMax + tail.length);
    const start = this.#end;
    this.#put(frame.head);
    this.#putMilliseconds(timeUs);
    this.#put(valid ? VALID : INVALID);
    for (let i = 0; i < numbers.length; i++) {
      this.#put(this.#numbers[i] as Uint8Array);
      this.#putNumber(numbers[i] as number);
    }
    this.#put(tail);
    return new Uint8Array(this.#chunk.buffer, start, this.#end - start);
  }

  #frame({ symbol, feed }: EnrichedRow): RowFrame {
    let frame = this.#frames.get(symbol);
    if (frame === undefined) {
      const head = UTF8.encode(`${JSON.stringify({ symbol, feed }).slice(0, -1)},"time":`);
      this.#frames.set(symbol, frame = { head, tails: [] });
    }
    return frame;
  }

  #tail({ tails }: RowFrame, words: EnrichedRow["words"]): Uint8Array {
    const [last] = tails;
    if (last?.words === words) return last.bytes;
    const at = tails.findIndex((each) => each.words.every((word, i) => word === words[i]));
    const bytes = tails[at]?.bytes ?? this.#tailOf(words);
    if (at >= 0) tails.splice(at, 1);
    tails.unshift({ words, bytes });
    if (tails.length > TAILS_MAX) tails.pop();
    return bytes;
  }

  #tailOf(words: EnrichedRow["words"]): Uint8Array {
    const named = this.#wordNames.map((name, i) => [name, words[i] ?? null]);
    const fields = Object.fromEntries([...named, ["chain", this.#version]]);
    return UTF8.encode(`,${JSON.stringify(fields).slice(1)}`);
  }

  /** With three digits behind the point; rows share their seconds. */
  #putMilliseconds(us: number): void {
    const second = Math.floor(us / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = String(second);
    }
    this.#putAscii(this.#secondText);
    const chunk = this.#chunk;
    const end = this.#end;
    // As small whole numbers, whose division is fast.
    let rest = (us - second * 1e6) | 0;
    for (let at = 6; at >= 0; at--) {
      if (at === 3) {
        chunk[end + at] = POINT;
        continue;
      }
      const tenth = (rest / 10) | 0;
      chunk[end + at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#end = end + 7;
  }

  /** As `String` has it, of decimals with few digits without its search for the shortest. */
  #putNumber(value: number): void {
    if (Number.isNaN(value)) return this.#put(NULL);
    const size = value < 0 ? -value : value;
    const isPlain = size === 0 || (size < 1e6 && size >= DECIMAL_MIN);
    const places = isPlain ? placesOf(size) : -1;
    if (places < 0) return this.#putAscii(String(value));
    if (value < 0) this.#chunk[this.#end++] = MINUS;
    this.#putDecimal(Math.round(size * (SCALES[places] as number)), places);
  }

  /** A whole number of steps of a tenth to the power of `places`, without zeros at the end. */
  #putDecimal(steps: number, places: number): void {
    const scale = SCALES[places] as number;
    const whole = Math.floor(steps / scale);
    this.#putWhole(whole);
    let rest = steps - whole * scale;
    if (rest === 0) return;
    const chunk = this.#chunk;
    chunk[this.#end++] = POINT;
    // Halves of at most six digits, whose divisions are those of small whole numbers.
    const half = SCALES[places / 2] as number;
    const high = (rest / half) | 0;
    rest -= high * half;
    this.#putDigits(high, places / 2);
    this.#putDigits(rest | 0, places / 2);
    while (chunk[this.#end - 1] === ZERO) this.#end--;
  }

  #putWhole(value: number): void {
    let count = 1;
    for (let over = 10; over <= value; over *= 10) count++;
    this.#putDigits(value, count);
  }

  #putDigits(value: number, count: number): void {
    const chunk = this.#chunk;
    let rest = value | 0;
    for (let at = this.#end + count - 1; at >= this.#end; at--) {
      const tenth = (rest / 10) | 0;
      chunk[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#end += count;
  }

  #putAscii(text: string): void {
    const chunk = this.#chunk;
    const end = this.#end;
    for (let i = 0; i < text.length; i++) chunk[end + i] = text.charCodeAt(i);
    this.#end = end + text.length;
  }

  #put(bytes: Uint8Array): void {
    const chunk = this.#chunk;
    const end = this.#end;
    if (bytes.length > SHORT_BYTES) chunk.set(bytes, end);
    else for (let i = 0; i < bytes.length; i++) chunk[end + i] = bytes[i] as number;
    this.#end = end + bytes.length;
  }

  /** Makes room for a row. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#chunk.length) return;
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, count));
    this.#end = 0;
  }
}

/** Decimal places, even, that tell a value below a million whole; -1 = it has more digits. */
function placesOf(size: number): number {
  if (Math.round(size * 1e4) / 1e4 === size) return 4;
  if (size < 1) return Math.round(size * 1e12) / 1e12 === size ? 12 : -1;
  if (size < 1e3) return Math.round(size * 1e10) / 1e10 === size ? 10 : -1;
  return Math.round(size * 1e6) / 1e6 === size ? 6 : -1;
}

/**
 * A value without the noise of binary fractions, which is that of the prices that it is made of:
 * where the larger of both is below 1, to 12 digits behind the point, to 9 below a thousand, to 6
 * below a million, to 3 below a billion.
 */
export function rounded(value: number, price: number): number {
  const size = Math.abs(value);
  const largest = price > size ? price : size;
  if (largest < 1) return Math.round(value * 1e12) / 1e12;
  if (largest < 1e3) return Math.round(value * 1e9) / 1e9;
  if (largest < 1e6) return Math.round(value * 1e6) / 1e6;
  return largest < 1e9 ? Math.round(value * 1e3) / 1e3 : value;
}

import type { EnrichChain } from "./chain.ts";

/** Values of a market, valid until its next row. */
export interface EnrichedRow {
  symbol: string;
  feed: string;
  /** Receive time of the change, µs, or the time the market became stale. */
  timeUs: number;
  /** Whether the book is known; else bid, ask and all derived values are absent. */
  valid: boolean;
  /** Calculated numbers, by the chain's steps; NaN = unknown. */
  numbers: readonly number[];
  /** Values of the remaining columns; null = unknown. Rows with equal words share the list. */
  words: readonly (string | null)[];
}

/** A row as JSON; `time` is ms since 1970, next to the chain's columns. */
export interface EnrichedJson {
  symbol: string;
  feed: string;
  time: number;
  valid: boolean;
  [column: string]: string | number | boolean | null;
}

/** Converts a row to JSON. */
export function enrichedJson(chain: EnrichChain, row: EnrichedRow): EnrichedJson {
  const { symbol, feed, timeUs, valid } = row;
  const json: EnrichedJson = { symbol, feed, time: timeUs / 1000, valid };
  chain.columns.forEach(({ name }, i) => json[name] = valueOf(row, i));
  return json;
}

/** Returns a value by column index; null = unknown. */
export function valueOf({ numbers, words }: EnrichedRow, column: number): number | string | null {
  const value = numbers[column];
  if (value === undefined) return words[column - numbers.length] ?? null;
  return Number.isNaN(value) ? null : value;
}

const UTF8 = new TextEncoder();
const CHUNK_BYTES = 64 * 1024;
/** Exact powers of ten. */
const SCALES = Float64Array.from({ length: 13 }, (_, places) => Number(`1e${places}`));
/** Below it `String` uses exponents. */
const DECIMAL_MIN = 1e-6;
/** Maximum length of a number from `String`. */
const NUMBER_BYTES_MAX = 25;
/** Maximum length of the time in ms and the valid flag. */
const TIME_BYTES_MAX = 48;
/** Up to this length, copying byte by byte is faster. */
const SHORT_BYTES = 16;
const [MINUS, POINT, ZERO] = [45, 46, 48];
const NULL = UTF8.encode("null");
const [VALID, INVALID] = [UTF8.encode(`,"valid":true`), UTF8.encode(`,"valid":false`)];

/** Cached encodings of a market's words; its quality alternates between a few. */
const TAILS_MAX = 8;

/** Encoded parts shared by a market's rows. */
interface RowFrame {
  /** Bytes up to the time. */
  head: Uint8Array;
  /** Recent words, latest first, each with the encoded bytes to the row's end. */
  tails: { words: EnrichedRow["words"]; bytes: Uint8Array }[];
}

/**
 * Encodes rows as UTF-8 JSON with the chain's version, for the bus. Rows share chunks of memory,
 * and parts equal to the previous row are copied: there are many rows.
 */
export class RowBytes {
  #numbers: Uint8Array[];
  /** Maximum bytes between head and tail. */
  #rowBytesMax: number;
  #wordNames: string[];
  #version: string;
  #frames = new Map<string, RowFrame>();
  #chunk = new Uint8Array(CHUNK_BYTES);
  #end = 0;
  #second = -1;
  #secondText = "";

  /** Creates an encoder for rows of a chain. */
  constructor({ columns, steps, version }: EnrichChain) {
    this.#numbers = columns.slice(0, steps.length).map(({ name }) => UTF8.encode(`,"${name}":`));
    this.#rowBytesMax = this.#numbers.reduce(
      (sum, name) => sum + name.length + NUMBER_BYTES_MAX,
      TIME_BYTES_MAX,
    );
    this.#wordNames = columns.slice(steps.length).map(({ name }) => name);
    this.#version = version;
  }

  /** Returns the bytes of a row, a view of a chunk. */
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

  /** Writes ms with three decimals; caches the text of the second. */
  #putMilliseconds(us: number): void {
    const second = Math.floor(us / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = String(second);
    }
    this.#putAscii(this.#secondText);
    const chunk = this.#chunk;
    const end = this.#end;
    // Use small integers, whose division is fast.
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

  /** Writes like `String`, but skips its shortest-digits search for short decimals. */
  #putNumber(value: number): void {
    if (Number.isNaN(value)) return this.#put(NULL);
    const size = value < 0 ? -value : value;
    const isPlain = size === 0 || (size < 1e6 && size >= DECIMAL_MIN);
    const places = isPlain ? placesOf(size) : -1;
    if (places < 0) return this.#putAscii(String(value));
    if (value < 0) this.#chunk[this.#end++] = MINUS;
    this.#putDecimal(Math.round(size * (SCALES[places] as number)), places);
  }

  /** Writes `steps` / 10^`places` without trailing zeros. */
  #putDecimal(steps: number, places: number): void {
    const scale = SCALES[places] as number;
    const whole = Math.floor(steps / scale);
    this.#putWhole(whole);
    let rest = steps - whole * scale;
    if (rest === 0) return;
    const chunk = this.#chunk;
    chunk[this.#end++] = POINT;
    // Split into halves of at most six digits: small integers divide faster.
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

  /** Ensures room for a row. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#chunk.length) return;
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, count));
    this.#end = 0;
  }
}

/** Returns the even number of decimals that is exact for a value below 1e6; -1 = more digits. */
function placesOf(size: number): number {
  if (Math.round(size * 1e4) / 1e4 === size) return 4;
  if (size < 1) return Math.round(size * 1e12) / 1e12 === size ? 12 : -1;
  if (size < 1e3) return Math.round(size * 1e10) / 1e10 === size ? 10 : -1;
  return Math.round(size * 1e6) / 1e6 === size ? 6 : -1;
}

/**
 * Rounds off binary noise, which scales with the input prices: by the larger of value and price, to
 * 12 decimals below 1, 9 below a thousand, 6 below a million, 3 below a billion.
 */
export function rounded(value: number, price: number): number {
  const size = Math.abs(value);
  const largest = price > size ? price : size;
  if (largest < 1) return Math.round(value * 1e12) / 1e12;
  if (largest < 1e3) return Math.round(value * 1e9) / 1e9;
  if (largest < 1e6) return Math.round(value * 1e6) / 1e6;
  return largest < 1e9 ? Math.round(value * 1e3) / 1e3 : value;
}

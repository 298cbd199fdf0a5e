import type { EnrichChain } from "./chain.ts";

/** Values of a market from a moment on, until its next row. */
export interface EnrichedRow {
  symbol: string;
  feed: string;
  /** When what changed was received, µs; or since when the market is stale. */
  timeUs: number;
  /** Whether the book is known; else it has no bid and ask, and nothing is made of them. */
  valid: boolean;
  /** By the chain's columns; null = not known. */
  values: readonly (number | string | null)[];
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
  const { symbol, feed, timeUs, valid, values } = row;
  const json: EnrichedJson = { symbol, feed, time: timeUs / 1000, valid };
  for (let i = 0; i < chain.columns.length; i++) {
    json[chain.columns[i]?.name ?? ""] = values[i] ?? null;
  }
  return json;
}

/** Texts of numbers that are kept, a power of two: prices come again and again. */
const TEXTS = 4096;
const textKeys = new Float64Array(TEXTS).fill(NaN);
const texts: string[] = new Array(TEXTS).fill("");

function textOf(value: number): string {
  const slot = (value * 1e6) & (TEXTS - 1);
  if (textKeys[slot] === value) return texts[slot] as string;
  textKeys[slot] = value;
  return texts[slot] = String(value);
}

const UTF8 = new TextEncoder();
const CHUNK_BYTES = 64 * 1024;
/** What is not longer is copied byte by byte: that is faster. */
const SHORT_BYTES = 16;
const [ZERO, POINT] = [48, 46];
const NULL = UTF8.encode("null");
const [VALID, INVALID] = [UTF8.encode(`,"valid":true`), UTF8.encode(`,"valid":false`)];

/** What the rows of a market have in common. */
interface RowFrame {
  /** To the time. */
  head: Uint8Array;
  /** Words of the last row, and the bytes of them and of all behind them. */
  words: (number | string | null)[];
  tail: Uint8Array;
}

/**
 * Rows as JSON in UTF-8, with the version of the chain: what goes to the bus. They share chunks of
 * memory, and what is as in the row before is copied: rows are many.
 */
export class RowBytes {
  #numbers: Uint8Array[];
  #wordNames: string[];
  #version: string;
  #frames = new Map<string, RowFrame>();
  #chunk = new Uint8Array(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #second = -1;
  #secondText = "";

  /** Of rows of a chain. */
  constructor({ columns, steps, version }: EnrichChain) {
    this.#numbers = columns.slice(0, steps.length).map(({ name }) => UTF8.encode(`,"${name}":`));
    this.#wordNames = columns.slice(steps.length).map(({ name }) => name);
    this.#version = version;
  }

  /** The bytes of a row, a view into a chunk. */
  of(row: EnrichedRow): Uint8Array {
    const { timeUs, valid, values } = row;
    const { head, tail } = this.#frame(row);
    this.#start = this.#end;
    this.#put(head);
    this.#putMilliseconds(timeUs);
    this.#put(valid ? VALID : INVALID);
    for (let i = 0; i < this.#numbers.length; i++) {
      this.#put(this.#numbers[i] as Uint8Array);
      const value = values[i];
      if (typeof value === "number") this.#putAscii(textOf(value));
      else this.#put(NULL);
    }
    this.#put(tail);
    return this.#chunk.subarray(this.#start, this.#end);
  }

  #frame({ symbol, feed, values }: EnrichedRow): RowFrame {
    let frame = this.#frames.get(symbol);
    if (frame === undefined) {
      const head = UTF8.encode(`${JSON.stringify({ symbol, feed }).slice(0, -1)},"time":`);
      this.#frames.set(symbol, frame = { head, words: [], tail: this.#tailOf(values) });
    }
    const { words } = frame;
    const first = this.#numbers.length;
    for (let i = first; i < values.length; i++) {
      if (values[i] === words[i - first]) continue;
      frame.words = values.slice(first);
      frame.tail = this.#tailOf(values);
      break;
    }
    return frame;
  }

  #tailOf(values: EnrichedRow["values"]): Uint8Array {
    const words = this.#wordNames.map((
      name,
      i,
    ) => [name, values[this.#numbers.length + i] ?? null]);
    const fields = Object.fromEntries([...words, ["chain", this.#version]]);
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
    this.#reserve(7);
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

  #putAscii(text: string): void {
    this.#reserve(text.length);
    const chunk = this.#chunk;
    const end = this.#end;
    for (let i = 0; i < text.length; i++) chunk[end + i] = text.charCodeAt(i);
    this.#end = end + text.length;
  }

  #put(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const chunk = this.#chunk;
    const end = this.#end;
    if (bytes.length > SHORT_BYTES) chunk.set(bytes, end);
    else for (let i = 0; i < bytes.length; i++) chunk[end + i] = bytes[i] as number;
    this.#end = end + bytes.length;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#chunk.length) return;
    const begun = this.#chunk.subarray(this.#start, this.#end);
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, (begun.length + count) * 2));
    this.#chunk.set(begun);
    this.#start = 0;
    this.#end = begun.length;
  }
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

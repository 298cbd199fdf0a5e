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

/** Texts of numbers that are kept: prices come again and again. */
const TEXTS_MAX = 10_000;
const texts = new Map<number, string>();

function textOf(value: number): string {
  let text = texts.get(value);
  if (text === undefined) {
    if (texts.size >= TEXTS_MAX) texts.clear();
    texts.set(value, text = String(value));
  }
  return text;
}

const UTF8 = new TextEncoder();
const CHUNK_BYTES = 64 * 1024;
/** What is not longer is copied byte by byte: that is faster. */
const SHORT_BYTES = 16;
const [ZERO, POINT] = [48, 46];
const NULL = UTF8.encode("null");
const VALID = [UTF8.encode(`,"valid":false`), UTF8.encode(`,"valid":true`)] as const;

/**
 * Rows as JSON in UTF-8, with the version of the chain: what goes to the bus. They share chunks of
 * memory, and what is in each of them was made once: rows are many.
 */
export class RowBytes {
  #names: Uint8Array[];
  #tail: Uint8Array;
  #words = new Map<string, Uint8Array>();
  #heads = new Map<string, Uint8Array>();
  #chunk = new Uint8Array(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #second = -1;
  #secondText = "";

  /** Of rows of a chain. */
  constructor({ columns, version }: EnrichChain) {
    this.#names = columns.map(({ name }) => UTF8.encode(`,"${name}":`));
    this.#tail = UTF8.encode(`,"chain":"${version}"}`);
  }

  /** The bytes of a row, a view into a chunk. */
  of({ symbol, feed, timeUs, valid, values }: EnrichedRow): Uint8Array {
    this.#start = this.#end;
    let head = this.#heads.get(symbol);
    if (head === undefined) {
      head = UTF8.encode(`${JSON.stringify({ symbol, feed }).slice(0, -1)},"time":`);
      this.#heads.set(symbol, head);
    }
    this.#put(head);
    this.#putMilliseconds(timeUs);
    this.#put(VALID[valid ? 1 : 0]);
    for (let i = 0; i < this.#names.length; i++) {
      this.#put(this.#names[i] as Uint8Array);
      const value = values[i] ?? null;
      if (value === null) this.#put(NULL);
      else if (typeof value === "number") this.#putAscii(textOf(value));
      else this.#put(this.#word(value));
    }
    this.#put(this.#tail);
    return this.#chunk.subarray(this.#start, this.#end);
  }

  #word(word: string): Uint8Array {
    let bytes = this.#words.get(word);
    if (bytes === undefined) {
      if (this.#words.size >= TEXTS_MAX) this.#words.clear();
      this.#words.set(word, bytes = UTF8.encode(JSON.stringify(word)));
    }
    return bytes;
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

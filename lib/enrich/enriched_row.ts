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

let second = -1;
let secondText = "";

/** Milliseconds with three digits behind the point; rows share their seconds. */
function millisecondsText(us: number): string {
  const seconds = Math.floor(us / 1e6);
  if (seconds !== second) {
    second = seconds;
    secondText = String(seconds);
  }
  const rest = String(1e6 + us - seconds * 1e6);
  return `${secondText}${rest.slice(1, 4)}.${rest.slice(4)}`;
}

/** The JSON text of rows of a market, with the version of the chain: what goes to the bus. */
export function rowText(
  chain: EnrichChain,
  symbol: string,
  feed: string,
): (row: EnrichedRow) => string {
  const head = `{"symbol":${JSON.stringify(symbol)},"feed":${JSON.stringify(feed)},"time":`;
  const names = chain.columns.map(({ name }) => `,"${name}":`);
  const tail = `,"chain":"${chain.version}"}`;
  return ({ timeUs, valid, values }: EnrichedRow): string => {
    let text = `${head}${millisecondsText(timeUs)},"valid":${valid}`;
    for (let i = 0; i < names.length; i++) {
      const value = values[i];
      text += names[i];
      text += typeof value === "number" ? textOf(value) : JSON.stringify(value ?? null);
    }
    return text + tail;
  };
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

import {
  ALL_SYMBOLS,
  GAP_REASONS,
  type Level,
  lostGap,
  type MarketEvent,
  type OrderBookUpdate,
  type Trade,
} from "@ssmd/market";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { UsageError } from "@ssmd/runtime/errors";
import { suggestion } from "@ssmd/runtime/suggest";

/** Time 0 of every scenario: 2026-01-01T00:00:00Z, µs. */
export const SCENARIO_START_US = Date.UTC(2026, 0, 1) * 1000;

/** Ordered records of a test. */
export interface Scenario {
  readonly records: readonly MarketEvent[];
  /** End of the scenario, µs; all records before it are present. */
  readonly endUs: number;
}

interface Market {
  feed: string;
  symbol: string;
}

const VERBS = ["market", "book", "delta", "trade", "quote", "gap", "wait"];

/**
 * Parses a scenario: one record per line; `#` begins a comment.
 *
 * ```
 * market kalshi KXBTC15M-A         market of the lines below
 * 0s   book 0.40x100 0.39x50 | 0.44x80      full book: bids | asks
 * 1s   delta bid 0.41x10 ask 0.44x0         changed levels; 0 removes one
 * 2s   trade 0.44 x 5 buy
 * 3s   quote 0.41 0.43                      ticker with bid and ask
 * 4s   gap disconnect                       of the feed; `gap sequence here`: of this market
 * 9s   wait                                 no record until then
 * ```
 *
 * Throws UsageError `SCENARIO_INVALID` that names the line.
 */
export function scenario(texts: TemplateStringsArray, ...values: unknown[]): Scenario {
  const text = String.raw({ raw: texts }, ...values);
  const records: MarketEvent[] = [];
  let market: Market = { feed: "kraken", symbol: "BTCUSD" };
  let endUs = SCENARIO_START_US;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*$/, "").trim();
    if (line === "") continue;
    const words = line.split(/\s+/);
    if (words[0] === "market") {
      market = { feed: words[1] ?? "", symbol: words[2] ?? "" };
      continue;
    }
    try {
      const atUs = SCENARIO_START_US + durationUs(words[0] ?? "");
      if (atUs < endUs) throw new RangeError("is earlier than the line before");
      endUs = atUs;
      const record = recordOf(words.slice(1), market, { atUs, sequence: records.length + 1 });
      if (record !== undefined) records.push(record);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError("SCENARIO_INVALID", `Line ${index + 1}, "${line}": ${why}`);
    }
  }
  return { records, endUs: endUs + 1 };
}

function durationUs(text: string): number {
  return /^0(ms|s|m|h)?$/.test(text) ? 0 : parseDurationMs(text) * 1000;
}

function recordOf(
  [verb = "", ...rest]: string[],
  { feed, symbol }: Market,
  { atUs, sequence }: { atUs: number; sequence: number },
): MarketEvent | undefined {
  const base = {
    ...{ timestampUs: atUs, receivedAtUs: atUs, feed, symbol, sequence, run: 1, connection: 1 },
  };
  switch (verb) {
    case "book":
      return { ...base, ...bookOf(rest) };
    case "delta":
      return { ...base, ...deltaOf(rest) };
    case "trade":
      return { ...base, ...tradeOf(rest) };
    case "quote":
      return { ...base, ...quoteOf(rest) };
    case "gap":
      return { ...gapOf(rest, { feed, symbol, atUs }), sequence, run: 1, connection: 1 };
    case "wait":
      return undefined;
    default:
      throw new RangeError(`"${verb}": ${suggestion(verb, VERBS)}`);
  }
}

const BOOK = { type: "orderbook", depth: 0, checksum: "unverified" } as const;

function bookOf(words: readonly string[]): Omit<OrderBookUpdate, keyof Market | BaseName> {
  const bar = words.indexOf("|");
  if (bar < 0) throw new RangeError("bids and asks have a | between them");
  const bids = words.slice(0, bar).map(levelOf);
  return { ...BOOK, kind: "snapshot", bids, asks: words.slice(bar + 1).map(levelOf) };
}

type BaseName = "timestampUs" | "receivedAtUs" | "sequence" | "run" | "connection";

function deltaOf(words: readonly string[]): Omit<OrderBookUpdate, keyof Market | BaseName> {
  const sides = { bid: [] as Level[], ask: [] as Level[] };
  let side: keyof typeof sides | undefined;
  for (const word of words) {
    if (word === "bid" || word === "ask") side = word;
    else if (side === undefined) throw new RangeError("a delta begins with bid or ask");
    else sides[side].push(levelOf(word));
  }
  return { ...BOOK, kind: "delta", bids: sides.bid, asks: sides.ask };
}

function levelOf(word: string): Level {
  const [price = "", size = ""] = word.split("x");
  return { price: numberOf(price), size: numberOf(size) };
}

function tradeOf(words: readonly string[]): Omit<Trade, keyof Market | BaseName> {
  const [price = "", size = "", side = "unknown"] = words.filter((word) => word !== "x");
  if (side !== "buy" && side !== "sell" && side !== "unknown") {
    throw new RangeError(`"${side}" is no side: buy, sell or unknown`);
  }
  return {
    type: "trade",
    ...{ price: numberOf(price), size: numberOf(size), side, tradeId: "" },
  };
}

function quoteOf([bid = "", ask = ""]: readonly string[]) {
  return {
    type: "ticker",
    ...{ bidPrice: numberOf(bid), bidSize: null, askPrice: numberOf(ask), askSize: null },
    ...{ lastPrice: null, lastSize: null, volume24h: null, openInterest: null },
  } as const;
}

function gapOf(
  [word = "disconnect", where]: readonly string[],
  { feed, symbol, atUs }: Market & { atUs: number },
) {
  const reason = GAP_REASONS.find((each) => each === word);
  if (reason === undefined) throw new RangeError(`"${word}": ${suggestion(word, GAP_REASONS)}`);
  const about = where === "here" ? symbol : ALL_SYMBOLS;
  return lostGap({
    ...{ feed, symbol: about, reason, fromUs: atUs, atUs, missed: null },
    detail: "of the scenario",
  });
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new RangeError(`"${text}" is no number`);
  return value;
}

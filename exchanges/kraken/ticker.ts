import type { Ticker } from "@ssmd/market";
import { type KrakenTickerData, objectOf } from "./messages.ts";
import type { Symbols } from "./symbols.ts";
import { timestampOf } from "./time.ts";

/** The record of an element of the ticker channel; undefined when it cannot be read. */
export function tickerOf(
  value: unknown,
  feed: string,
  symbols: Symbols,
  receivedAtUs: number,
): Ticker | undefined {
  const data = objectOf<KrakenTickerData>(value);
  if (data === undefined || typeof data.symbol !== "string") return undefined;
  const { bid, bid_qty: bidSize, ask, ask_qty: askSize, last, volume } = data;
  const timestampUs = timestampOf(data.timestamp);
  if (Number.isNaN(timestampUs)) return undefined;
  if (!isFigure(bid) || !isFigure(bidSize) || !isFigure(ask) || !isFigure(askSize)) {
    return undefined;
  }
  if (!isFigure(last) || !isFigure(volume) || (bid ?? ask ?? last) === undefined) return undefined;
  return {
    type: "ticker",
    timestampUs,
    receivedAtUs,
    symbol: symbols.ours(data.symbol),
    feed,
    sequence: 0,
    bidPrice: bid ?? null,
    bidSize: bidSize ?? null,
    askPrice: ask ?? null,
    askSize: askSize ?? null,
    lastPrice: last ?? null,
    lastSize: null,
    volume24h: volume ?? null,
    openInterest: null,
  };
}

/** A finite number that is not negative, or nothing. */
function isFigure(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && value >= 0 && value < Infinity);
}

import type { Ticker } from "@ssmd/market";
import { figureOf } from "../json_fields.ts";
import { type KrakenTickerData, objectOf } from "./messages.ts";
import type { Symbols } from "../symbols.ts";
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
  const bid = figureOf(data.bid);
  const bidSize = figureOf(data.bid_qty);
  const ask = figureOf(data.ask);
  const askSize = figureOf(data.ask_qty);
  const last = figureOf(data.last);
  const volume = figureOf(data.volume);
  const timestampUs = timestampOf(data.timestamp);
  if (Number.isNaN(timestampUs)) return undefined;
  if (!isFigure(bid) || !isFigure(bidSize) || !isFigure(ask) || !isFigure(askSize)) {
    return undefined;
  }
  if (!isFigure(last) || !isFigure(volume) || (bid ?? ask ?? last) === undefined) return undefined;
  const ticker: Ticker = {
    type: "ticker",
    timestampUs,
    receivedAtUs,
    symbol: symbols.ours(data.symbol),
    feed,
    sequence: 0,
    bidPrice: priceOf(bid),
    bidSize: sizeBeside(bid, bidSize),
    askPrice: priceOf(ask),
    askSize: sizeBeside(ask, askSize),
    lastPrice: priceOf(last),
    lastSize: null,
    volume24h: volume ?? null,
    openInterest: null,
  };
  addDayFigures(data, ticker);
  return ticker;
}

/** What the record has only where the venue says it; a price of 0 stands for "no trade". */
function addDayFigures(data: KrakenTickerData, ticker: Ticker): void {
  const vwap = priceOf(figureOf(data.vwap));
  if (vwap !== null) ticker.vwap24h = vwap;
  const trades = figureOf(data.trades);
  if (trades !== undefined && Number.isSafeInteger(trades) && trades >= 0) {
    ticker.trades24h = trades;
  }
  const low = priceOf(figureOf(data.low));
  if (low !== null) ticker.low24h = low;
  const high = priceOf(figureOf(data.high));
  if (high !== null) ticker.high24h = high;
}

/** A finite number that is not negative, or nothing. */
function isFigure(value: number | undefined): boolean {
  return value === undefined || (value >= 0 && value < Infinity);
}

/** The venue writes 0 where there is no bid, ask or trade: that is no price. */
function priceOf(value: number | undefined): number | null {
  return value !== undefined && value > 0 && value < Infinity ? value : null;
}

/** A size stands only beside a price. */
function sizeBeside(price: number | undefined, size: number | undefined): number | null {
  return priceOf(price) === null ? null : size ?? null;
}

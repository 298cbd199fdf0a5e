import type { Ticker } from "@ssmd/market";
import { figureOf } from "../json_fields.ts";
import { type KrakenTickerData, objectOf } from "./messages.ts";
import { FIGURES, type KrakenScanner, TICKER } from "./scanner.ts";
import type { Symbols } from "../symbols.ts";
import { timestampOf } from "./time.ts";

/** Feed, symbol and times of a ticker. */
type TickerHead = Pick<Ticker, "feed" | "symbol" | "timestampUs" | "receivedAtUs">;
/** Figures of a ticker by the venue's names; NaN = absent. */
type TickerFigures = Record<typeof FIGURES[number], number>;

/** Converts an element of the ticker channel to a record; undefined when unreadable. */
export function tickerOf(
  value: unknown,
  feed: string,
  symbols: Symbols,
  receivedAtUs: number,
): Ticker | undefined {
  const data = objectOf<KrakenTickerData>(value);
  if (data === undefined || typeof data.symbol !== "string") return undefined;
  const timestampUs = timestampOf(data.timestamp);
  if (Number.isNaN(timestampUs)) return undefined;
  for (const name of FIGURES_CHECKED) if (!isFigure(figureOf(data[name]))) return undefined;
  const figures = {} as TickerFigures;
  for (const name of FIGURES) figures[name] = figureOf(data[name]) ?? NaN;
  const head = { feed, symbol: symbols.ours(data.symbol), timestampUs, receivedAtUs };
  const ticker = recordOf(head, figures);
  const trades = figureOf(data.trades);
  if (ticker !== undefined && Number.isSafeInteger(trades) && Number(trades) >= 0) {
    ticker.trades24h = Number(trades);
  }
  return ticker;
}

/** Converts a ticker on the scanner's tape to a record; undefined when it has no price. */
export function scannedTicker(
  { tape, offset, scanner }: { tape: Float64Array; offset: number; scanner: KrakenScanner },
  feed: string,
  symbols: Symbols,
  receivedAtUs: number,
): Ticker | undefined {
  const external = scanner.textOf(tape[offset + TICKER.symbol] as number);
  const timestampUs = tape[offset + TICKER.timeUs] as number;
  const at = offset + TICKER.figures;
  return recordOf({ feed, symbol: symbols.ours(external), timestampUs, receivedAtUs }, {
    bid: tape[at] as number,
    bid_qty: tape[at + 1] as number,
    ask: tape[at + 2] as number,
    ask_qty: tape[at + 3] as number,
    last: tape[at + 4] as number,
    volume: tape[at + 5] as number,
    vwap: tape[at + 6] as number,
    low: tape[at + 7] as number,
    high: tape[at + 8] as number,
  });
}

function recordOf(head: TickerHead, figures: TickerFigures): Ticker | undefined {
  const { bid, ask, last, volume } = figures;
  if (Number.isNaN(bid) && Number.isNaN(ask) && Number.isNaN(last)) return undefined;
  const ticker: Ticker = {
    type: "ticker",
    timestampUs: head.timestampUs,
    receivedAtUs: head.receivedAtUs,
    symbol: head.symbol,
    feed: head.feed,
    sequence: 0,
    bidPrice: priceOf(bid),
    bidSize: sizeBeside(bid, figures.bid_qty),
    askPrice: priceOf(ask),
    askSize: sizeBeside(ask, figures.ask_qty),
    lastPrice: priceOf(last),
    lastSize: null,
    volume24h: orNull(volume),
    openInterest: null,
  };
  // Optional fields of the record; a price of 0 means "no trade".
  const vwap = priceOf(figures.vwap);
  if (vwap !== null) ticker.vwap24h = vwap;
  const low = priceOf(figures.low);
  const high = priceOf(figures.high);
  if (low !== null) ticker.low24h = low;
  if (high !== null) ticker.high24h = high;
  return ticker;
}

/** Figures that make the record unreadable if invalid. */
const FIGURES_CHECKED = ["bid", "bid_qty", "ask", "ask_qty", "last", "volume"] as const;

/** Whether a figure is absent, or finite and not negative. */
function isFigure(value: number | undefined): boolean {
  return value === undefined || (value >= 0 && value < Infinity);
}

/** Null for 0, which the venue writes if there is no bid, ask or trade. */
function priceOf(value: number): number | null {
  return value > 0 && value < Infinity ? value : null;
}

/** Null without a price. */
function sizeBeside(price: number, size: number): number | null {
  return priceOf(price) === null ? null : orNull(size);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

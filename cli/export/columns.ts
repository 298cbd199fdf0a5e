import type { EventType, Gap, Level, MarketEvent, OrderBookUpdate } from "@ssmd/market";
import type { Status, Ticker, Trade } from "@ssmd/market";

/**
 * What a column holds. `time`: whole microseconds, written as nanoseconds, UTC; 0 = absent where
 * the column is nullable. `word`: a text of few values. `doubles`: a list of doubles.
 */
export type ColumnKind = "time" | "count" | "double" | "word" | "text" | "flag" | "doubles";

/** A value of a column; null = absent, which is not 0. */
export type ColumnValue = number | string | boolean | null | readonly number[];

/** A column of an exported table. */
export interface Column<E extends MarketEvent = MarketEvent> {
  /** As it stands in the file. */
  name: string;
  /** What it holds. */
  kind: ColumnKind;
  /** Whether a value may be absent. */
  nullable: boolean;
  /** Its value in a record. */
  of(event: E): ColumnValue;
}

function column<E extends MarketEvent>(
  name: string,
  kind: ColumnKind,
  of: (event: E) => ColumnValue,
): Column<E> {
  return { name, kind, nullable: false, of };
}

function nullable<E extends MarketEvent>(
  name: string,
  kind: ColumnKind,
  of: (event: E) => ColumnValue,
): Column<E> {
  return { name, kind, nullable: true, of };
}

/** A venue's time or the end of a gap: 0 says that there is none. */
function timeOrNull(us: number): number | null {
  return us === 0 ? null : us;
}

/** "" says that the venue gave none. */
function textOrNull(text: string): string | null {
  return text === "" ? null : text;
}

function pricesOf(levels: readonly Level[]): number[] {
  return levels.map(({ price }) => price);
}

function sizesOf(levels: readonly Level[]): number[] {
  return levels.map(({ size }) => size);
}

const BASE: Column[] = [
  column("symbol", "word", (event) => event.symbol),
  nullable("timestamp", "time", (event) => timeOrNull(event.timestampUs)),
  column("received_at", "time", (event) => event.receivedAtUs),
  column("feed", "word", (event) => event.feed),
  column("sequence", "count", (event) => event.sequence),
];

const TRADE: Column<Trade>[] = [
  column("price", "double", (event) => event.price),
  column("size", "double", (event) => event.size),
  column("side", "word", (event) => event.side),
  nullable("trade_id", "text", (event) => textOrNull(event.tradeId)),
  column("order_type", "word", (event) => event.orderType ?? "unknown"),
  column("is_block_trade", "flag", (event) => event.isBlockTrade ?? false),
];

const TICKER: Column<Ticker>[] = [
  nullable("bid_price", "double", (event) => event.bidPrice),
  nullable("bid_size", "double", (event) => event.bidSize),
  nullable("ask_price", "double", (event) => event.askPrice),
  nullable("ask_size", "double", (event) => event.askSize),
  nullable("last_price", "double", (event) => event.lastPrice),
  nullable("last_size", "double", (event) => event.lastSize),
  nullable("volume_24h", "double", (event) => event.volume24h),
  nullable("open_interest", "double", (event) => event.openInterest),
  nullable("vwap_24h", "double", (event) => event.vwap24h ?? null),
  nullable("trades_24h", "count", (event) => event.trades24h ?? null),
  nullable("low_24h", "double", (event) => event.low24h ?? null),
  nullable("high_24h", "double", (event) => event.high24h ?? null),
  nullable("volume_total", "double", (event) => event.volumeTotal ?? null),
  nullable("dollar_volume", "double", (event) => event.dollarVolume ?? null),
  nullable("dollar_open_interest", "double", (event) => event.dollarOpenInterest ?? null),
];

// A list for prices and one for sizes: pandas reads them as arrays of doubles, a list of structs
// as one dictionary a level; DuckDB reads both alike.
const ORDER_BOOK: Column<OrderBookUpdate>[] = [
  column("kind", "word", (event) => event.kind),
  column("bid_prices", "doubles", (event) => pricesOf(event.bids)),
  column("bid_sizes", "doubles", (event) => sizesOf(event.bids)),
  column("ask_prices", "doubles", (event) => pricesOf(event.asks)),
  column("ask_sizes", "doubles", (event) => sizesOf(event.asks)),
  column("depth", "count", (event) => event.depth),
  column("checksum", "word", (event) => event.checksum),
];

const STATUS: Column<Status>[] = [
  column("state", "word", (event) => event.state),
  nullable("result", "text", (event) => textOrNull(event.result)),
  nullable("detail", "text", (event) => textOrNull(event.detail)),
  column("kind", "word", (event) => event.kind ?? "lifecycle"),
  nullable("settlement_value", "double", (event) => event.settlementValue ?? null),
  nullable("open_at", "time", (event) => event.openAtUs ?? null),
  nullable("close_at", "time", (event) => event.closeAtUs ?? null),
  nullable("price_level_structure", "text", (event) => event.priceLevelStructure ?? null),
];

const GAP: Column<Gap>[] = [
  column("reason", "word", (event) => event.reason),
  nullable("from_time", "time", (event) => timeOrNull(event.fromUs)),
  nullable("to_time", "time", (event) => timeOrNull(event.toUs)),
  nullable("missed", "count", (event) => event.missed),
  column("recovered", "flag", (event) => event.recovered),
  nullable("detail", "text", (event) => textOrNull(event.detail)),
  column("channel", "word", (event) => event.channel),
];

const OWN = { trade: TRADE, ticker: TICKER, orderbook: ORDER_BOOK, status: STATUS, gap: GAP };

/**
 * The columns of a type's table, in order. Files in folders `feed=…` hold no `feed`: readers make
 * that column from the path, and some refuse a file that has it too.
 */
export function columnsOf(type: EventType, withFeed = true): readonly Column[] {
  return [...BASE.filter(({ name }) => withFeed || name !== "feed"), ...OWN[type] as Column[]];
}

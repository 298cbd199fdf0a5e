import {
  type EventType,
  type Fire,
  type Gap,
  type Level,
  type MarketEvent,
  nameOfRun,
} from "@ssmd/market";
import type { OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";

/** A value of a column; null = absent, which is not 0. */
export type ColumnValue = number | string | boolean | null | readonly number[];

interface NamedColumn {
  /** As it stands in the file. */
  name: string;
  /** Whether a value may be absent. */
  nullable: boolean;
}

/** `time`: whole µs since 1970, UTC. `count`: a whole number from 0. */
export interface NumberColumn extends NamedColumn {
  kind: "time" | "count";
  of(event: MarketEvent): number | null;
}

/** A price, a size or another figure. */
export interface DoubleColumn extends NamedColumn {
  kind: "double";
  of(event: MarketEvent): number | null;
}

/** `word`: a text of few values. */
export interface TextColumn extends NamedColumn {
  kind: "word" | "text";
  of(event: MarketEvent): string | null;
}

/** Yes or no. */
export interface FlagColumn extends NamedColumn {
  kind: "flag";
  of(event: MarketEvent): boolean;
}

/** The prices or the sizes of a side of a book. */
export interface ListColumn extends NamedColumn {
  kind: "doubles";
  field: keyof Level;
  of(event: MarketEvent): readonly Level[];
}

/** A column of a record type's table. */
export type Column = NumberColumn | DoubleColumn | TextColumn | FlagColumn | ListColumn;

/** What a column holds. */
export type ColumnKind = Column["kind"];

/** The value of a column in a record. */
export function valueOf(column: Column, event: MarketEvent): ColumnValue {
  return column.kind === "doubles"
    ? column.of(event).map((level) => level[column.field])
    : column.of(event);
}

type Of<E extends MarketEvent, V> = (event: E) => V;

function time<E extends MarketEvent>(name: string, of: Of<E, number>): NumberColumn {
  return { name, kind: "time", nullable: false, of: of as Of<MarketEvent, number> };
}

/** 0 = there is none. */
function optionalTime<E extends MarketEvent>(
  name: string,
  of: Of<E, number | undefined>,
): NumberColumn {
  return { name, kind: "time", nullable: true, of: (event) => of(event as E) || null };
}

function count<E extends MarketEvent>(name: string, of: Of<E, number>): NumberColumn {
  return { name, kind: "count", nullable: false, of: of as Of<MarketEvent, number> };
}

function double<E extends MarketEvent>(name: string, of: Of<E, number>): DoubleColumn {
  return { name, kind: "double", nullable: false, of: of as Of<MarketEvent, number> };
}

function optionalCount<E extends MarketEvent>(
  name: string,
  of: Of<E, number | null | undefined>,
): NumberColumn {
  return { name, kind: "count", nullable: true, of: (event) => of(event as E) ?? null };
}

function optionalDouble<E extends MarketEvent>(
  name: string,
  of: Of<E, number | null | undefined>,
): DoubleColumn {
  return { name, kind: "double", nullable: true, of: (event) => of(event as E) ?? null };
}

function flag<E extends MarketEvent>(name: string, of: Of<E, boolean>): FlagColumn {
  return { name, kind: "flag", nullable: false, of: of as Of<MarketEvent, boolean> };
}

function word<E extends MarketEvent>(name: string, of: Of<E, string>): TextColumn {
  return { name, kind: "word", nullable: false, of: of as Of<MarketEvent, string> };
}

function text<E extends MarketEvent>(name: string, of: Of<E, string>): TextColumn {
  return { name, kind: "text", nullable: false, of: of as Of<MarketEvent, string> };
}

/** "" = the venue gave none. */
function optionalText<E extends MarketEvent>(
  name: string,
  of: Of<E, string | undefined>,
): TextColumn {
  return { name, kind: "text", nullable: true, of: (event) => of(event as E) || null };
}

function levels(
  name: string,
  field: keyof Level,
  of: Of<OrderBookUpdate, readonly Level[]>,
): ListColumn {
  const all = of as Of<MarketEvent, readonly Level[]>;
  return { name, kind: "doubles", nullable: false, field, of: all };
}

const BASE: readonly Column[] = [
  word("symbol", (event) => event.symbol),
  word("feed", (event) => event.feed),
  time("received_at", (event) => event.receivedAtUs),
  optionalTime("venue_at", (event) => event.timestampUs),
  count("sequence", (event) => event.sequence),
  word("run", (event) => nameOfRun(event.run ?? 0)),
  count("connection", (event) => event.connection ?? 0),
];

const TRADE: readonly Column[] = [
  double<Trade>("price", (event) => event.price),
  double<Trade>("size", (event) => event.size),
  word<Trade>("side", (event) => event.side),
  optionalText<Trade>("trade_id", (event) => event.tradeId),
  word<Trade>("order_type", (event) => event.orderType ?? "unknown"),
  flag<Trade>("is_block_trade", (event) => event.isBlockTrade ?? false),
];

const TICKER: readonly Column[] = [
  optionalDouble<Ticker>("bid_price", (event) => event.bidPrice),
  optionalDouble<Ticker>("bid_size", (event) => event.bidSize),
  optionalDouble<Ticker>("ask_price", (event) => event.askPrice),
  optionalDouble<Ticker>("ask_size", (event) => event.askSize),
  optionalDouble<Ticker>("last_price", (event) => event.lastPrice),
  optionalDouble<Ticker>("last_size", (event) => event.lastSize),
  optionalDouble<Ticker>("volume_24h", (event) => event.volume24h),
  optionalDouble<Ticker>("open_interest", (event) => event.openInterest),
  optionalDouble<Ticker>("vwap_24h", (event) => event.vwap24h),
  optionalCount<Ticker>("trades_24h", (event) => event.trades24h),
  optionalDouble<Ticker>("low_24h", (event) => event.low24h),
  optionalDouble<Ticker>("high_24h", (event) => event.high24h),
  optionalDouble<Ticker>("volume_total", (event) => event.volumeTotal),
  optionalDouble<Ticker>("dollar_volume", (event) => event.dollarVolume),
  optionalDouble<Ticker>("dollar_open_interest", (event) => event.dollarOpenInterest),
];

// A list for prices and one for sizes: pandas reads them as arrays of doubles, a list of structs
// as one dictionary a level; DuckDB and polars read both alike.
const ORDER_BOOK: readonly Column[] = [
  word<OrderBookUpdate>("kind", (event) => event.kind),
  levels("bid_prices", "price", (event) => event.bids),
  levels("bid_sizes", "size", (event) => event.bids),
  levels("ask_prices", "price", (event) => event.asks),
  levels("ask_sizes", "size", (event) => event.asks),
  count<OrderBookUpdate>("depth", (event) => event.depth),
  word<OrderBookUpdate>("checksum", (event) => event.checksum),
];

const STATUS: readonly Column[] = [
  word<Status>("state", (event) => event.state),
  optionalText<Status>("result", (event) => event.result),
  optionalText<Status>("detail", (event) => event.detail),
  word<Status>("kind", (event) => event.kind ?? "lifecycle"),
  optionalDouble<Status>("settlement_value", (event) => event.settlementValue),
  optionalTime<Status>("open_at", (event) => event.openAtUs),
  optionalTime<Status>("close_at", (event) => event.closeAtUs),
  optionalText<Status>("price_level_structure", (event) => event.priceLevelStructure),
];

const GAP: readonly Column[] = [
  word<Gap>("reason", (event) => event.reason),
  optionalTime<Gap>("from_time", (event) => event.fromUs),
  optionalTime<Gap>("to_time", (event) => event.toUs),
  optionalCount<Gap>("missed", (event) => event.missed),
  flag<Gap>("recovered", (event) => event.recovered),
  optionalText<Gap>("detail", (event) => event.detail),
  word<Gap>("channel", (event) => event.channel),
];

const FIRE: readonly Column[] = [
  text<Fire>("fire_id", (event) => event.id),
  word<Fire>("signal", (event) => event.signal),
  count<Fire>("version", (event) => event.version),
  word<Fire>("source_hash", (event) => event.sourceHash),
  word<Fire>("params_hash", (event) => event.paramsHash),
  count<Fire>("cause_sequence", (event) => event.causeSequence),
  optionalTime<Fire>("cause_received_at", (event) => event.causeReceivedAtUs),
  text<Fire>("values", (event) => event.values),
  word<Fire>("engine", (event) => event.engine),
];

const OWN = {
  ...{ trade: TRADE, ticker: TICKER, orderbook: ORDER_BOOK, status: STATUS, gap: GAP },
  fire: FIRE,
};

/**
 * The columns of a type's table, in order; what makes records of them is beside it in
 * `record_rows.ts`. Files in folders `feed=…` hold no `feed`: readers make that column from the path,
 * and some refuse a file that has it too.
 */
export function columnsOf(type: EventType, withFeed = true): readonly Column[] {
  return [...BASE.filter(({ name }) => withFeed || name !== "feed"), ...OWN[type]];
}

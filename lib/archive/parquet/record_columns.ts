import {
  type Action,
  type EventType,
  type Fire,
  type Gap,
  type Level,
  type MarketEvent,
  nameOfRun,
} from "@ssmd/market";
import type { OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";

/** Source of a table row: a record, or a row of a derived series. */
export interface TableRow {
  symbol: string;
}

/** A value of a column; null = absent, which is not 0. */
export type ColumnValue = number | string | boolean | null | readonly number[];

interface NamedColumn {
  /** Name in the file. */
  name: string;
  /** Whether values may be absent. */
  nullable: boolean;
}

/** `time`: integer µs since 1970, UTC. `count`: integer ≥ 0. */
export interface NumberColumn extends NamedColumn {
  kind: "time" | "count";
  of(event: TableRow): number | null;
}

/** A price, size or other number. */
export interface DoubleColumn extends NamedColumn {
  kind: "double";
  of(event: TableRow): number | null;
}

/** `word`: a text with few distinct values. */
export interface TextColumn extends NamedColumn {
  kind: "word" | "text";
  of(event: TableRow): string | null;
}

/** A boolean. */
export interface FlagColumn extends NamedColumn {
  kind: "flag";
  of(event: TableRow): boolean;
}

/** Prices or sizes of one side of a book. */
export interface ListColumn extends NamedColumn {
  kind: "doubles";
  field: keyof Level;
  of(event: TableRow): readonly Level[];
}

/** A column of a record type's table. */
export type Column = NumberColumn | DoubleColumn | TextColumn | FlagColumn | ListColumn;

/** Kind of a column's values. */
export type ColumnKind = Column["kind"];

/** Returns the value of a column in a record. */
export function valueOf(column: Column, event: TableRow): ColumnValue {
  return column.kind === "doubles"
    ? column.of(event).map((level) => level[column.field])
    : column.of(event);
}

type Of<E extends TableRow, V> = (event: E) => V;

/** Column of a required time, µs. */
export function time<E extends TableRow>(name: string, of: Of<E, number>): NumberColumn {
  return { name, kind: "time", nullable: false, of: of as Of<TableRow, number> };
}

/** Column of an optional time; 0 = absent. */
function optionalTime<E extends TableRow>(
  name: string,
  of: Of<E, number | undefined>,
): NumberColumn {
  return { name, kind: "time", nullable: true, of: (event) => of(event as E) || null };
}

/** Column of a required integer ≥ 0. */
export function count<E extends TableRow>(name: string, of: Of<E, number>): NumberColumn {
  return { name, kind: "count", nullable: false, of: of as Of<TableRow, number> };
}

/** Column of a required number. */
export function double<E extends TableRow>(name: string, of: Of<E, number>): DoubleColumn {
  return { name, kind: "double", nullable: false, of: of as Of<TableRow, number> };
}

function optionalCount<E extends TableRow>(
  name: string,
  of: Of<E, number | null | undefined>,
): NumberColumn {
  return { name, kind: "count", nullable: true, of: (event) => of(event as E) ?? null };
}

/** Column of an optional number; null or undefined = absent. */
export function optionalDouble<E extends TableRow>(
  name: string,
  of: Of<E, number | null | undefined>,
): DoubleColumn {
  return { name, kind: "double", nullable: true, of: (event) => of(event as E) ?? null };
}

/** Column of a boolean. */
export function flag<E extends TableRow>(name: string, of: Of<E, boolean>): FlagColumn {
  return { name, kind: "flag", nullable: false, of: of as Of<TableRow, boolean> };
}

/** Column of a required text with few distinct values. */
export function word<E extends TableRow>(name: string, of: Of<E, string>): TextColumn {
  return { name, kind: "word", nullable: false, of: of as Of<TableRow, string> };
}

function text<E extends TableRow>(name: string, of: Of<E, string>): TextColumn {
  return { name, kind: "text", nullable: false, of: of as Of<TableRow, string> };
}

/** Column of an optional text; "" = the venue gave none. */
function optionalText<E extends TableRow>(
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
  const all = of as Of<TableRow, readonly Level[]>;
  return { name, kind: "doubles", nullable: false, field, of: all };
}

const BASE: readonly Column[] = [
  word<MarketEvent>("symbol", (event) => event.symbol),
  word<MarketEvent>("feed", (event) => event.feed),
  time<MarketEvent>("received_at", (event) => event.receivedAtUs),
  optionalTime<MarketEvent>("venue_at", (event) => event.timestampUs),
  count<MarketEvent>("sequence", (event) => event.sequence),
  word<MarketEvent>("run", (event) => nameOfRun(event.run ?? 0)),
  count<MarketEvent>("connection", (event) => event.connection ?? 0),
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

// Separate lists of prices and sizes: pandas reads them as arrays of doubles, but a list of structs
// as one dict per level; DuckDB and polars read both equally well.
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

const ACTION: readonly Column[] = [
  text<Action>("action_id", (event) => event.id),
  text<Action>("fire_id", (event) => event.fireId),
  time<Action>("fired_at", (event) => event.firedAtUs),
  word<Action>("signal", (event) => event.signal),
  word<Action>("policy", (event) => event.policy),
  word<Action>("action", (event) => event.action),
  word<Action>("kind", (event) => event.kind),
  word<Action>("detail", (event) => event.detail),
  word<Action>("state", (event) => event.state),
  word<Action>("chosen_by", (event) => event.chosenBy),
  word<Action>("model", (event) => event.model),
  text<Action>("reason", (event) => event.reason),
  text<Action>("problem", (event) => event.problem),
  word<Action>("decided_by", (event) => event.decidedBy),
  text<Action>("values", (event) => event.values),
];

const OWN = {
  ...{ trade: TRADE, ticker: TICKER, orderbook: ORDER_BOOK, status: STATUS, gap: GAP },
  ...{ fire: FIRE, action: ACTION },
};

/**
 * Returns the columns of a type's table, in order; `record_rows.ts` is the inverse. Files in
 * folders `feed=…` omit `feed`: readers derive that column from the path, and some reject a
 * duplicate.
 */
export function columnsOf(type: EventType, withFeed = true): readonly Column[] {
  return [...BASE.filter(({ name }) => withFeed || name !== "feed"), ...OWN[type]];
}

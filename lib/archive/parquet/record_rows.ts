import {
  type Action,
  type ChecksumState,
  type EventType,
  type Fire,
  type GapChannel,
  type GapReason,
  type Level,
  type MarketEvent,
  type MarketState,
  type OrderBookUpdate,
  type OrderType,
  runOfName,
  type Side,
  type Status,
  type StatusKind,
  type Ticker,
  type Trade,
} from "@ssmd/market";
import type { ColumnValues } from "./column_values.ts";

/** Builds the record of a row of a page. */
export type RowReader = (row: number) => MarketEvent;

/** Columns of a page by name; columns missing in the file read as absent. */
export class PageColumns {
  #columns: ReadonlyMap<string, ColumnValues>;
  #rows: number;

  constructor(columns: ReadonlyMap<string, ColumnValues>, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  numbers(name: string, absent = NaN): Float64Array {
    const column = this.#columns.get(name);
    if (column !== undefined && "numbers" in column) return column.numbers;
    return new Float64Array(this.#rows).fill(absent);
  }

  texts<T extends string>(name: string, absent = ""): readonly T[] {
    const column = this.#columns.get(name);
    if (column !== undefined && "texts" in column) return column.texts as readonly T[];
    return new Array<T>(this.#rows).fill(absent as T);
  }

  flags(name: string): Uint8Array {
    const column = this.#columns.get(name);
    return column !== undefined && "flags" in column ? column.flags : new Uint8Array(this.#rows);
  }

  lists(name: string): { ends: Uint32Array; values: Float64Array } {
    const column = this.#columns.get(name);
    if (column !== undefined && "ends" in column) return column;
    return { ends: new Uint32Array(this.#rows), values: new Float64Array(0) };
  }
}

/** Returns a reader from a page's rows to records; the inverse of `record_columns.ts`. */
export function rowReader(type: EventType, columns: PageColumns): RowReader {
  const read = ownReader(type, columns);
  const runs = columns.texts("run");
  const connections = columns.numbers("connection", 0);
  return (row) => {
    const event = read(row);
    const run = runOfName(runs[row] as string);
    if (run !== 0) event.run = run;
    if (connections[row] !== 0) event.connection = connections[row] as number;
    return event;
  };
}

function ownReader(type: EventType, columns: PageColumns): RowReader {
  switch (type) {
    case "trade":
      return tradeReader(columns);
    case "ticker":
      return tickerReader(columns);
    case "orderbook":
      return orderbookReader(columns);
    case "status":
      return statusReader(columns);
    case "gap":
      return gapReader(columns);
    case "fire":
      return fireReader(columns);
    case "action":
      return actionReader(columns);
  }
}

interface BaseColumns {
  symbols: readonly string[];
  feeds: readonly string[];
  receivedAt: Float64Array;
  venueAt: Float64Array;
  sequences: Float64Array;
}

function baseOf(columns: PageColumns): BaseColumns {
  return {
    symbols: columns.texts("symbol"),
    feeds: columns.texts("feed"),
    receivedAt: columns.numbers("received_at"),
    venueAt: columns.numbers("venue_at", 0),
    sequences: columns.numbers("sequence"),
  };
}

/** Converts NaN, which means absent, to null. */
function orNull(value: number): number | null {
  return value === value ? value : null;
}

function tradeReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const prices = columns.numbers("price");
  const sizes = columns.numbers("size");
  const sides = columns.texts<Side>("side");
  const ids = columns.texts("trade_id");
  const orderTypes = columns.texts<OrderType | "unknown">("order_type");
  const isBlock = columns.flags("is_block_trade");
  return (row) => {
    const event: Trade = {
      type: "trade",
      timestampUs: venueAt[row] as number,
      receivedAtUs: receivedAt[row] as number,
      symbol: symbols[row] as string,
      feed: feeds[row] as string,
      sequence: sequences[row] as number,
      price: prices[row] as number,
      size: sizes[row] as number,
      side: sides[row] as Side,
      tradeId: ids[row] as string,
    };
    const orderType = orderTypes[row];
    if (orderType === "limit" || orderType === "market") event.orderType = orderType;
    if (isBlock[row] === 1) event.isBlockTrade = true;
    return event;
  };
}

const OPTIONAL_FIGURES = [
  ["vwap24h", "vwap_24h"],
  ["trades24h", "trades_24h"],
  ["low24h", "low_24h"],
  ["high24h", "high_24h"],
  ["volumeTotal", "volume_total"],
  ["dollarVolume", "dollar_volume"],
  ["dollarOpenInterest", "dollar_open_interest"],
] as const;

function tickerReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const bidPrices = columns.numbers("bid_price");
  const bidSizes = columns.numbers("bid_size");
  const askPrices = columns.numbers("ask_price");
  const askSizes = columns.numbers("ask_size");
  const lastPrices = columns.numbers("last_price");
  const lastSizes = columns.numbers("last_size");
  const volumes = columns.numbers("volume_24h");
  const interests = columns.numbers("open_interest");
  const optional = OPTIONAL_FIGURES.map(([field, name]) => ({
    field,
    values: columns.numbers(name),
  })).filter(({ values }) => values.some((value) => value === value));
  return (row) => {
    const event: Ticker = {
      type: "ticker",
      timestampUs: venueAt[row] as number,
      receivedAtUs: receivedAt[row] as number,
      symbol: symbols[row] as string,
      feed: feeds[row] as string,
      sequence: sequences[row] as number,
      bidPrice: orNull(bidPrices[row] as number),
      bidSize: orNull(bidSizes[row] as number),
      askPrice: orNull(askPrices[row] as number),
      askSize: orNull(askSizes[row] as number),
      lastPrice: orNull(lastPrices[row] as number),
      lastSize: orNull(lastSizes[row] as number),
      volume24h: orNull(volumes[row] as number),
      openInterest: orNull(interests[row] as number),
    };
    for (const { field, values } of optional) {
      const value = values[row] as number;
      if (value === value) event[field] = value;
    }
    return event;
  };
}

function orderbookReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const kinds = columns.texts<OrderBookUpdate["kind"]>("kind");
  const bids = levelReader(columns, "bid");
  const asks = levelReader(columns, "ask");
  const depths = columns.numbers("depth", 0);
  const checksums = columns.texts<ChecksumState>("checksum");
  return (row) => ({
    type: "orderbook",
    timestampUs: venueAt[row] as number,
    receivedAtUs: receivedAt[row] as number,
    symbol: symbols[row] as string,
    feed: feeds[row] as string,
    sequence: sequences[row] as number,
    kind: kinds[row] as OrderBookUpdate["kind"],
    bids: bids(row),
    asks: asks(row),
    depth: depths[row] as number,
    checksum: checksums[row] as ChecksumState,
  });
}

/** Combines prices and sizes of a side to levels. */
function levelReader(columns: PageColumns, side: "bid" | "ask"): (row: number) => Level[] {
  const { ends, values: prices } = columns.lists(`${side}_prices`);
  const { values: sizes } = columns.lists(`${side}_sizes`);
  return (row) => {
    const start = row === 0 ? 0 : ends[row - 1] as number;
    const count = (ends[row] as number) - start;
    // A list that grows takes room for 17 elements at first; most have one.
    const levels = new Array<Level>(count);
    for (let i = 0; i < count; i++) {
      levels[i] = { price: prices[start + i] as number, size: sizes[start + i] as number };
    }
    return levels;
  };
}

function statusReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const states = columns.texts<MarketState>("state");
  const results = columns.texts("result");
  const details = columns.texts("detail");
  const kinds = columns.texts<StatusKind | "lifecycle">("kind");
  const settlementValues = columns.numbers("settlement_value");
  const openAt = columns.numbers("open_at", 0);
  const closeAt = columns.numbers("close_at", 0);
  const structures = columns.texts("price_level_structure");
  return (row) => {
    const event: Status = {
      type: "status",
      timestampUs: venueAt[row] as number,
      receivedAtUs: receivedAt[row] as number,
      symbol: symbols[row] as string,
      feed: feeds[row] as string,
      sequence: sequences[row] as number,
      state: states[row] as MarketState,
      result: results[row] as string,
      detail: details[row] as string,
    };
    const kind = kinds[row] as StatusKind | "lifecycle" | "";
    if (kind !== "lifecycle" && kind !== "") event.kind = kind;
    const settlementValue = settlementValues[row] as number;
    if (settlementValue === settlementValue) event.settlementValue = settlementValue;
    if (openAt[row] !== 0) event.openAtUs = openAt[row] as number;
    if (closeAt[row] !== 0) event.closeAtUs = closeAt[row] as number;
    if (structures[row] !== "") event.priceLevelStructure = structures[row] as string;
    return event;
  };
}

function gapReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const reasons = columns.texts<GapReason>("reason");
  const from = columns.numbers("from_time", 0);
  const to = columns.numbers("to_time", 0);
  const missed = columns.numbers("missed");
  const recovered = columns.flags("recovered");
  const details = columns.texts("detail");
  const channels = columns.texts<GapChannel>("channel", "all");
  return (row) => ({
    type: "gap",
    timestampUs: venueAt[row] as number,
    receivedAtUs: receivedAt[row] as number,
    symbol: symbols[row] as string,
    feed: feeds[row] as string,
    sequence: sequences[row] as number,
    reason: reasons[row] as GapReason,
    fromUs: from[row] as number,
    toUs: to[row] as number,
    missed: orNull(missed[row] as number),
    recovered: recovered[row] === 1,
    detail: details[row] as string,
    channel: channels[row] as GapChannel,
  });
}

function fireReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const ids = columns.texts("fire_id");
  const signals = columns.texts("signal");
  const versions = columns.numbers("version");
  const sourceHashes = columns.texts("source_hash");
  const paramsHashes = columns.texts("params_hash");
  const causeSequences = columns.numbers("cause_sequence");
  const causeReceivedAt = columns.numbers("cause_received_at", 0);
  const values = columns.texts("values");
  const engines = columns.texts("engine");
  return (row): Fire => ({
    type: "fire",
    timestampUs: venueAt[row] as number,
    receivedAtUs: receivedAt[row] as number,
    symbol: symbols[row] as string,
    feed: feeds[row] as string,
    sequence: sequences[row] as number,
    id: ids[row] as string,
    signal: signals[row] as string,
    version: versions[row] as number,
    sourceHash: sourceHashes[row] as string,
    paramsHash: paramsHashes[row] as string,
    causeSequence: causeSequences[row] as number,
    causeReceivedAtUs: causeReceivedAt[row] as number,
    values: values[row] as string,
    engine: engines[row] as string,
  });
}

function actionReader(columns: PageColumns): RowReader {
  const { symbols, feeds, receivedAt, venueAt, sequences } = baseOf(columns);
  const firedAt = columns.numbers("fired_at");
  const ids = columns.texts("action_id");
  const fireIds = columns.texts("fire_id");
  const signals = columns.texts("signal");
  const policies = columns.texts("policy");
  const actions = columns.texts("action");
  const kinds = columns.texts("kind");
  const details = columns.texts("detail");
  const states = columns.texts("state");
  const chosenBy = columns.texts("chosen_by");
  const models = columns.texts("model");
  const reasons = columns.texts("reason");
  const problems = columns.texts("problem");
  const decidedBy = columns.texts("decided_by");
  const values = columns.texts("values");
  return (row): Action => ({
    type: "action",
    timestampUs: venueAt[row] as number,
    receivedAtUs: receivedAt[row] as number,
    symbol: symbols[row] as string,
    feed: feeds[row] as string,
    sequence: sequences[row] as number,
    id: ids[row] as string,
    fireId: fireIds[row] as string,
    firedAtUs: firedAt[row] as number,
    signal: signals[row] as string,
    policy: policies[row] as string,
    action: actions[row] as string,
    kind: kinds[row] as string,
    detail: details[row] as string,
    state: states[row] as string,
    chosenBy: chosenBy[row] as string,
    model: models[row] as string,
    reason: reasons[row] as string,
    problem: problems[row] as string,
    decidedBy: decidedBy[row] as string,
    values: values[row] as string,
  });
}

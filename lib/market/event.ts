/**
 * The records of the system. Times are whole microseconds since 1970 (UTC) in a double; on the
 * wire and in files they are nanoseconds. Prices and sizes are doubles that print as the decimal
 * the venue sent (up to 15 significant digits). Fields that were appended to a record are optional:
 * a field that is not there was not said by the venue, or by the version that wrote the record.
 */

/** What every record carries. */
interface EventBase {
  /** The venue's own time, µs; 0 = not given. */
  timestampUs: number;
  /** Ours, taken when the frame arrived, µs. */
  receivedAtUs: number;
  /** Our name of the market (`BTCUSD`); `_all` where a gap or status is about the whole feed. */
  symbol: string;
  /** The feed's id (`kraken`). */
  feed: string;
  /** Counts the records of one connection from 1, without holes; set by the connector. */
  sequence: number;
  /** Life of the connector: its start in µs since 1970, base 36 in names. */
  run?: number;
  /** Number of the connection in the run, from 1. With run and sequence it names a record. */
  connection?: number;
}

/** The taker's side. */
export type Side = "buy" | "sell" | "unknown";

/** What kind of order took. */
export type OrderType = "limit" | "market";

/** One trade. */
export interface Trade extends EventBase {
  /** Which record it is. */
  type: "trade";
  /** In the quote unit; dollars of YES on prediction markets. */
  price: number;
  /** In the base unit; contracts on prediction markets. */
  size: number;
  /** The taker's side; never guessed. */
  side: Side;
  /** The venue's id of the trade; "" = not given. */
  tradeId: string;
  /** The taker's order. */
  orderType?: OrderType;
  /** Negotiated outside of the book; absent = no, or not said. */
  isBlockTrade?: true;
}

/** Top of book and day figures; null = the venue did not say (which is not 0). */
export interface Ticker extends EventBase {
  /** Which record it is. */
  type: "ticker";
  /** Best bid. */
  bidPrice: number | null;
  /** Size at the best bid. */
  bidSize: number | null;
  /** Best ask. */
  askPrice: number | null;
  /** Size at the best ask. */
  askSize: number | null;
  /** Price of the last trade. */
  lastPrice: number | null;
  /** Size of the last trade. */
  lastSize: number | null;
  /** Traded in the last 24 h, in the base unit (contracts on prediction markets). */
  volume24h: number | null;
  /** Contracts that are held. */
  openInterest: number | null;
  /** Volume-weighted average price of the last 24 h. */
  vwap24h?: number;
  /** Number of trades of the last 24 h. */
  trades24h?: number;
  /** Lowest price of the last 24 h. */
  low24h?: number;
  /** Highest price of the last 24 h. */
  high24h?: number;
  /** Traded since the market opened, contracts. */
  volumeTotal?: number;
  /** Traded since the market opened, dollars. */
  dollarVolume?: number;
  /** Value of the contracts that are held, dollars. */
  dollarOpenInterest?: number;
}

/** A price level. In a delta, size is the new absolute size and 0 removes the level. */
export interface Level {
  /** In the quote unit. */
  price: number;
  /** In the base unit. */
  size: number;
}

/** How a book was checked against the venue's own checksum. */
export type ChecksumState = "unverified" | "verified" | "failed";

/** A whole book or a change of it; levels best first in a snapshot, in the venue's order in a delta. */
export interface OrderBookUpdate extends EventBase {
  /** Which record it is. */
  type: "orderbook";
  /** The whole book, or a change of it. */
  kind: "snapshot" | "delta";
  /** Offers to buy. */
  bids: Level[];
  /** Offers to sell. */
  asks: Level[];
  /** Levels a side that the subscription covers; 0 = all. */
  depth: number;
  /** How it was checked. */
  checksum: ChecksumState;
}

/** Where a market stands in its life. */
export type MarketState =
  | "unknown"
  | "open"
  | "closed"
  | "halted"
  | "settled"
  | "listed"
  | "delisted"
  | "disputed"
  | "amended";

/**
 * What a status record is besides a step in a life. `terms`: a date or the price grid changed.
 * `notice`: something is announced. Both leave the state as it was.
 */
export type StatusKind = "terms" | "notice" | "maintenance" | "emergency";

/** A step in a market's life, or news of its terms (symbol `_all`: the venue's). */
export interface Status extends EventBase {
  /** Which record it is. */
  type: "status";
  /** The state from now on; `unknown` = not said, it is what it was. */
  state: MarketState;
  /** How it was settled (`yes`, `no`, `0.42`); "" = not settled or not said. */
  result: string;
  /** The venue's own word for it. */
  detail: string;
  /** Absent = a step in the life. */
  kind?: StatusKind;
  /** Paid for one contract, dollars. */
  settlementValue?: number;
  /** When the market opens, µs. */
  openAtUs?: number;
  /** When trading ends, µs. */
  closeAtUs?: number;
  /** Name of the price grid (`tapered_deci_cent`). */
  priceLevelStructure?: string;
}

/**
 * Why something is missing or suspect; `subscription` = it was ordered, and the venue refused it or
 * sent nothing.
 */
export type GapReason = typeof GAP_REASONS[number];
/** Which records of a symbol a gap is about. */
export type GapChannel = typeof GAP_CHANNELS[number];

/**
 * Bad news, in order: from `fromUs` on, records of `symbol` are missing or suspect. Recovery is a
 * second record with `recovered` and `toUs`; the time it took is their difference.
 */
export interface Gap extends EventBase {
  /** Which record it is. */
  type: "gap";
  /** Why. */
  reason: GapReason;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** First moment good again, µs; 0 = still open. */
  toUs: number;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether all is right again from `toUs` on. */
  recovered: boolean;
  /** One sentence for a person. */
  detail: string;
  /** The type of record that is missing or suspect; `all` = every one, and in every gap of v1. */
  channel: GapChannel;
}

/**
 * A signal's condition came true. A fire carries no wall clock and no chance: the same records give
 * the same bytes, live and in a backtest. `feed` and `symbol` name the instance that fired; `run`,
 * `connection`, `timestampUs` and `sequence` are those of the cause; `receivedAtUs` is the moment
 * of the fire in event time: when the cause was received, or the boundary of a signal that is
 * evaluated `every` so often.
 */
export interface Fire extends EventBase {
  /** Which record it is. */
  type: "fire";
  /** First 128 bits of the SHA-256 of signal, version, params, feed, symbol and cause, 32 hex digits. */
  id: string;
  /** The signal's id: the name of its file without `.ts`. */
  signal: string;
  /** The version that its author gave it, from 1. */
  version: number;
  /** SHA-256 of the signal's source text, 64 hex digits. */
  sourceHash: string;
  /** SHA-256 of the parameters in force as canonical JSON, 64 hex digits. */
  paramsHash: string;
  /** Number of the cause in its connection: the last record that was applied; 0 = there was none. */
  causeSequence: number;
  /** When the cause was received, µs; 0 = there was none. */
  causeReceivedAtUs: number;
  /** What `fire` answered, as canonical JSON: keys sorted, no space, at most 4 KiB. */
  values: string;
  /** Version of the engine and of V8, whose `Math` is not the same everywhere (`1 v8/15.0.245.1`). */
  engine: string;
}

/**
 * What a policy did about a fire, once it is over. `feed`, `symbol`, `timestampUs`, `sequence`, `run`
 * and `connection` are those of the fire; `receivedAtUs` is the moment at which it was over.
 */
export interface Action extends EventBase {
  /** Which record it is. */
  type: "action";
  /** The same for the same fire and policy: receivers tell repetitions by it. */
  id: string;
  /** Id of the fire. */
  fireId: string;
  /** The fire's `receivedAtUs`, µs. */
  firedAtUs: number;
  /** The signal's id. */
  signal: string;
  /** The policy's name. */
  policy: string;
  /** Name of the action in the policy; `none` = nothing was to be done, "" = nothing was decided. */
  action: string;
  /** alert, log, webhook, trade_signal; "" as above. */
  kind: string;
  /** What the policy says of it, as JSON: severity, webhook, side, size. */
  detail: string;
  /** What became of it: done, none, failed, rejected, expired, late, limited. */
  state: string;
  /** model; default = the policy, without a model's answer; "" = nobody. */
  chosenBy: string;
  /** The model; a scripted one says so. "" = none. */
  model: string;
  /** Words of the model, which nobody vouches for, or why there are none of it. */
  reason: string;
  /** Why it was not done; "" = it was. */
  problem: string;
  /** Who approved or rejected it; "" = nobody. */
  decidedBy: string;
  /** What the fire said, as JSON. */
  values: string;
}

/** A record that a venue's frames give. */
export type FeedEvent = Trade | Ticker | OrderBookUpdate | Status | Gap;
/** A record that is made of others. */
export type DerivedEvent = Fire | Action;
/** Any record. */
export type MarketEvent = FeedEvent | DerivedEvent;
/** Whether a record is market data: no step in a life and no news of something missing. */
export function isMarketData(event: MarketEvent): event is Trade | Ticker | OrderBookUpdate {
  return event.type === "trade" || event.type === "ticker" || event.type === "orderbook";
}

/** The name of a record's type, as in subjects and paths. */
export type EventType = MarketEvent["type"];
/** Types of the records that a feed brings: raw gives them. */
export const FEED_TYPES = ["trade", "ticker", "orderbook", "status", "gap"] as const;
/** Types of the records that a live run makes of those of feeds: raw gives none of them. */
export const DERIVED_TYPES = ["fire", "action"] as const;
/** All types, in the order of the design. */
export const EVENT_TYPES: readonly EventType[] = [...FEED_TYPES, ...DERIVED_TYPES];
/** What clients get: records, and what the enrichers of an environment make of a market's. */
export const STREAM_TYPES: readonly (EventType | "enriched")[] = [...EVENT_TYPES, "enriched"];
/** Whether records of a type are made of others, by a live run only. */
export function isDerived(type: EventType): type is DerivedEvent["type"] {
  return type === "fire" || type === "action";
}
/** The symbol of a record that is about a whole feed. */
export const ALL_SYMBOLS = "_all";
/** All reasons of gaps, in the order of the schema. */
export const GAP_REASONS = [
  "disconnect",
  "sequence",
  "checksum",
  "slow",
  "parse",
  "clock",
  "subscription",
  "planned",
] as const;
/** What a gap can be about: every record, or those of one type. */
export const GAP_CHANNELS = ["all", "trade", "ticker", "orderbook", "status"] as const;

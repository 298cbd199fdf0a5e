/**
 * The records of the system. Times are integer µs since 1970 (UTC) in a double; on the wire and in
 * files they are nanoseconds. Prices and sizes are doubles that print as the venue's decimal (up to
 * 15 significant digits). Fields appended to a record later are optional: absent = not given by the
 * venue, or by the version that wrote the record.
 */

/** Fields of every record. */
interface EventBase {
  /** Venue timestamp, µs; 0 = not given. */
  timestampUs: number;
  /** Our receive time of the frame, µs. */
  receivedAtUs: number;
  /** Our market symbol (`BTCUSD`); `_all` for a gap or status of the whole feed. */
  symbol: string;
  /** Feed id (`kraken`). */
  feed: string;
  /** Record number within the connection, from 1, without holes; set by the connector. */
  sequence: number;
  /** Run of the connector: its start time, µs since 1970; base 36 in names. */
  run?: number;
  /** Connection number in the run, from 1. Run, connection and sequence identify a record. */
  connection?: number;
}

/** The taker's side. */
export type Side = "buy" | "sell" | "unknown";

/** Type of the taker's order. */
export type OrderType = "limit" | "market";

/** One trade. */
export interface Trade extends EventBase {
  type: "trade";
  /** Price in the quote unit; dollars of YES on prediction markets. */
  price: number;
  /** Size in the base unit; contracts on prediction markets. */
  size: number;
  /** The taker's side; never guessed. */
  side: Side;
  /** The venue's trade id; "" = not given. */
  tradeId: string;
  /** Type of the taker's order. */
  orderType?: OrderType;
  /** Negotiated outside the book; absent = no or unknown. */
  isBlockTrade?: true;
}

/** Top of book and 24 h figures; null = not given by the venue (not 0). */
export interface Ticker extends EventBase {
  type: "ticker";
  bidPrice: number | null;
  /** Size at the best bid. */
  bidSize: number | null;
  askPrice: number | null;
  /** Size at the best ask. */
  askSize: number | null;
  /** Price of the last trade. */
  lastPrice: number | null;
  /** Size of the last trade. */
  lastSize: number | null;
  /** Volume of the last 24 h, in the base unit (contracts on prediction markets). */
  volume24h: number | null;
  /** Open contracts. */
  openInterest: number | null;
  /** Volume-weighted average price of the last 24 h. */
  vwap24h?: number;
  /** Number of trades in the last 24 h. */
  trades24h?: number;
  /** Lowest price of the last 24 h. */
  low24h?: number;
  /** Highest price of the last 24 h. */
  high24h?: number;
  /** Volume since the market opened, contracts. */
  volumeTotal?: number;
  /** Volume since the market opened, dollars. */
  dollarVolume?: number;
  /** Value of the open contracts, dollars. */
  dollarOpenInterest?: number;
}

/** A price level. In a delta, size is the new absolute size and 0 removes the level. */
export interface Level {
  /** Price in the quote unit. */
  price: number;
  /** Size in the base unit. */
  size: number;
}

/** Result of verifying a book against the venue's checksum. */
export type ChecksumState = "unverified" | "verified" | "failed";

/** A book snapshot or delta; levels are best first in a snapshot, in venue order in a delta. */
export interface OrderBookUpdate extends EventBase {
  type: "orderbook";
  /** Whole book, or changes to it. */
  kind: "snapshot" | "delta";
  /** Buy side. */
  bids: Level[];
  /** Sell side. */
  asks: Level[];
  /** Subscribed depth, levels per side; 0 = all. */
  depth: number;
  /** Result of the checksum verification. */
  checksum: ChecksumState;
}

/** Lifecycle state of a market. */
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
 * Kind of a status record other than a lifecycle change. `terms`: a date or the price grid changed.
 * `notice`: an announcement. Both leave the state unchanged.
 */
export type StatusKind = "terms" | "notice" | "maintenance" | "emergency";

/** A lifecycle change of a market, or a change of its terms (symbol `_all`: of the venue). */
export interface Status extends EventBase {
  type: "status";
  /** New state; `unknown` = not given, unchanged. */
  state: MarketState;
  /** Settlement result (`yes`, `no`, `0.42`); "" = not settled or not given. */
  result: string;
  /** The venue's own status text. */
  detail: string;
  /** Absent = a lifecycle change. */
  kind?: StatusKind;
  /** Payout per contract, dollars. */
  settlementValue?: number;
  /** When the market opens, µs. */
  openAtUs?: number;
  /** When trading ends, µs. */
  closeAtUs?: number;
  /** Name of the price grid (`tapered_deci_cent`). */
  priceLevelStructure?: string;
}

/**
 * Cause of missing or suspect data; `subscription` = the venue rejected a subscription or sent
 * nothing.
 */
export type GapReason = typeof GAP_REASONS[number];
/** Affected record type of a symbol. */
export type GapChannel = typeof GAP_CHANNELS[number];

/**
 * A data gap, reported in order: from `fromUs` on, records of `symbol` are missing or suspect.
 * Recovery is a second record with `recovered` and `toUs`; the difference is its duration.
 */
export interface Gap extends EventBase {
  type: "gap";
  /** Cause of the gap. */
  reason: GapReason;
  /** Last moment known to be complete, µs. */
  fromUs: number;
  /** First complete moment after the gap, µs; 0 = still open. */
  toUs: number;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether data is complete again from `toUs` on. */
  recovered: boolean;
  /** One sentence for people. */
  detail: string;
  /** Type of the missing or suspect records; `all` = every type, and in every gap of v1. */
  channel: GapChannel;
}

/**
 * Records that a signal's condition became true. It contains no wall clock or randomness: the same
 * records give the same bytes, live and in a backtest. `feed` and `symbol` name the instance that
 * fired; `run`, `connection`, `timestampUs` and `sequence` are those of the cause; `receivedAtUs`
 * is the event time of the fire: the receive time of the cause, or the boundary of a signal
 * evaluated at an interval (`every`).
 */
export interface Fire extends EventBase {
  type: "fire";
  /** First 128 bits of the SHA-256 of signal, version, params, feed, symbol, cause; 32 hex digits. */
  id: string;
  /** Signal id: its file name without `.ts`. */
  signal: string;
  /** Version given by the author, from 1. */
  version: number;
  /** SHA-256 of the signal's source text, 64 hex digits. */
  sourceHash: string;
  /** SHA-256 of the effective parameters as canonical JSON, 64 hex digits. */
  paramsHash: string;
  /** Sequence of the cause, the last applied record; 0 = none. */
  causeSequence: number;
  /** Receive time of the cause, µs; 0 = none. */
  causeReceivedAtUs: number;
  /** Return value of `fire` as canonical JSON: sorted keys, no spaces, at most 4 KiB. */
  values: string;
  /** Version of the engine and of V8, whose `Math` results vary (`1 v8/15.0.245.1`). */
  engine: string;
}

/**
 * Outcome of a policy's action on a fire. `feed`, `symbol`, `timestampUs`, `sequence`, `run` and
 * `connection` are those of the fire; `receivedAtUs` is the time it ended.
 */
export interface Action extends EventBase {
  type: "action";
  /** Same for the same fire and policy, so receivers can deduplicate. */
  id: string;
  /** Id of the fire. */
  fireId: string;
  /** The fire's `receivedAtUs`, µs. */
  firedAtUs: number;
  /** Signal id. */
  signal: string;
  policy: string;
  /** Action name in the policy; `none` = no action, "" = undecided. */
  action: string;
  /** Action type: alert, log, webhook, trade_signal; "" as above. */
  kind: string;
  /** The policy's settings as JSON: severity, webhook, side, size. */
  detail: string;
  /** Outcome: done, none, failed, rejected, expired, late, limited. */
  state: string;
  /** `model`; `default` = the policy, without a model's answer; "" = none. */
  chosenBy: string;
  /** Model name; a scripted one is named as such. "" = none. */
  model: string;
  /** The model's unverified reason, or why there is none. */
  reason: string;
  /** Why it was not done; "" = it was. */
  problem: string;
  /** Who approved or rejected it; "" = no one. */
  decidedBy: string;
  /** The fire's values, as JSON. */
  values: string;
}

/** A record produced from a venue's frames. */
export type FeedEvent = Trade | Ticker | OrderBookUpdate | Status | Gap;
/** A record derived from other records. */
export type DerivedEvent = Fire | Action;
/** Any record. */
export type MarketEvent = FeedEvent | DerivedEvent;
/** Returns whether a record is market data: neither status nor gap nor derived. */
export function isMarketData(event: MarketEvent): event is Trade | Ticker | OrderBookUpdate {
  return event.type === "trade" || event.type === "ticker" || event.type === "orderbook";
}

/** Record type name, as in subjects and paths. */
export type EventType = MarketEvent["type"];
/** Record types of feeds; reproducible from raw. */
export const FEED_TYPES = ["trade", "ticker", "orderbook", "status", "gap"] as const;
/** Record types a live run derives from those of feeds; not reproducible from raw. */
export const DERIVED_TYPES = ["fire", "action"] as const;
/** All record types, in design order. */
export const EVENT_TYPES: readonly EventType[] = [...FEED_TYPES, ...DERIVED_TYPES];
/** Types clients can receive: records, and the output of an environment's enrichers. */
export const STREAM_TYPES: readonly (EventType | "enriched")[] = [...EVENT_TYPES, "enriched"];
/** Returns whether records of a type are derived, which only a live run does. */
export function isDerived(type: EventType): type is DerivedEvent["type"] {
  return type === "fire" || type === "action";
}
/** Symbol of a record about a whole feed. */
export const ALL_SYMBOLS = "_all";
/** All gap reasons, in schema order. */
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
/** What a gap affects: all records, or those of one type. */
export const GAP_CHANNELS = ["all", "trade", "ticker", "orderbook", "status"] as const;

import type { EventType } from "@ssmd/market";

/** What every check says of the records that it is about. */
export interface QaScope {
  /** Types of records; at least one. */
  records: EventType[];
  /** Symbols, `*` at the end for all that begin so; absent = all. */
  symbols?: string[];
}

/** The longest silence of a symbol between two records. */
export interface MaxGapCheck extends QaScope {
  /** Which check it is. */
  type: "max_gap";
  /** Whether silence is counted symbol by symbol, or over the whole feed. */
  of: "symbol" | "feed";
  /** Longer than this fails, ms. */
  longestMs: number;
}

/** A field that lies outside of its range. */
export interface RangeCheck extends QaScope {
  /** Which check it is. */
  type: "range";
  /** Name of the field in the record's JSON (`price`, `bidPrice`); in a book: of each level. */
  field: string;
  /** Lowest value that passes; absent = no lowest. */
  min?: number;
  /** Highest value that passes; absent = no highest. */
  max?: number;
}

/** Records that every hour must have. */
export interface PresenceCheck extends QaScope {
  /** Which check it is. */
  type: "presence";
  /** Whether they are counted symbol by symbol, or over the whole feed. */
  of: "symbol" | "feed";
  /** Fewest records in an hour. */
  perHour: number;
}

/** Time that goes back. */
export interface MonotonicTimeCheck extends QaScope {
  /** Which check it is. */
  type: "monotonic_time";
  /** Whose: ours (`received`) in the order of sequence, or the venue's (`venue`) in the order of arrival. */
  clock: "received" | "venue";
  /** How far back passes, ms. */
  toleranceMs: number;
}

/** A best bid at or above the best ask, of books rebuilt from their records. */
export interface CrossedBookCheck extends Pick<QaScope, "symbols"> {
  /** Which check it is. */
  type: "crossed_book";
  /** Crossed for longer than this fails, ms. */
  longestMs: number;
}

/** An id that comes a second time within the day. */
export interface DuplicateIdsCheck extends QaScope {
  /** Which check it is. */
  type: "duplicate_ids";
  /** `trade_id`: the venue's id of a trade. `record`: symbol, receivedAt and sequence together. */
  id: "trade_id" | "record";
}

/** One check. */
export type QaCheck =
  | MaxGapCheck
  | RangeCheck
  | PresenceCheck
  | MonotonicTimeCheck
  | CrossedBookCheck
  | DuplicateIdsCheck;

/** The checks of a feed's days, as its file in `exchanges/qa/` tells them. */
export interface QaRules {
  /** Id of the feed, the file's name. */
  feed: string;
  /** In the order in which results are shown. */
  checks: QaCheck[];
}

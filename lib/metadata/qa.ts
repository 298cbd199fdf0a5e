import { FEED_TYPES } from "@ssmd/market";
import { z } from "zod";
import { duration, fields, nameText, oneOf, plainText } from "./shape.ts";

const SYMBOLS = z.array(plainText).min(1).exactOptional()
  .describe("Symbols; a final * matches any rest; absent = all");
const SCOPE = {
  records: z.array(z.enum(FEED_TYPES)).min(1).describe("Record types"),
  symbols: SYMBOLS,
};
const OF = z.enum(["symbol", "feed"]).default("symbol")
  .describe("Whether it is measured per symbol or over the whole feed");

/** Fields for range checks → record types that have them; in a book: of each level. */
export const RANGE_FIELDS = {
  price: ["trade", "orderbook"],
  size: ["trade", "orderbook"],
  bidPrice: ["ticker"],
  bidSize: ["ticker"],
  askPrice: ["ticker"],
  askSize: ["ticker"],
  lastPrice: ["ticker"],
  lastSize: ["ticker"],
  volume24h: ["ticker"],
  openInterest: ["ticker"],
} as const;

const MAX_GAP = fields({
  type: z.literal("max_gap").describe("Longest time between two records"),
  ...SCOPE,
  of: OF,
  longest: duration.describe("Maximum time, like 2m; a longer one fails"),
});
const RANGE = fields({
  type: z.literal("range").describe("Range of a field"),
  ...SCOPE,
  field: z.enum(Object.keys(RANGE_FIELDS) as (keyof typeof RANGE_FIELDS)[])
    .describe("Name of the field in the record's JSON; in a book: of each level"),
  min: z.number().exactOptional().describe("Lowest value that passes; absent = no limit"),
  max: z.number().exactOptional().describe("Highest value that passes; absent = no limit"),
});
const PRESENCE = fields({
  type: z.literal("presence").describe("Minimum number of records in every hour"),
  ...SCOPE,
  of: OF,
  per_hour: z.int().min(1).default(1).describe("Minimum number of records per hour"),
});
const MONOTONIC_TIME = fields({
  type: z.literal("monotonic_time").describe("Times that never decrease"),
  ...SCOPE,
  clock: z.enum(["received", "venue"]).describe(
    "Our time (received), in order of sequence, or the venue's (venue), in order of arrival",
  ),
  tolerance: duration.exactOptional().describe(
    "Decrease that still passes, like 1s; absent = none",
  ),
});
const CROSSED_BOOK = fields({
  type: z.literal("crossed_book")
    .describe("Best bid at or above the best ask, in books rebuilt from their records"),
  symbols: SYMBOLS,
  longest: duration.exactOptional()
    .describe("Time for which a crossed book still passes, like 1s; absent = none"),
});
const DUPLICATE_IDS = fields({
  type: z.literal("duplicate_ids").describe("Ids that occur more than once in a day"),
  ...SCOPE,
  id: z.enum(["trade_id", "record"]).describe(
    "trade_id: the venue's id of a trade; record: symbol, receivedAt and sequence together",
  ),
});

const CHECK = oneOf([MAX_GAP, RANGE, PRESENCE, MONOTONIC_TIME, CROSSED_BOOK, DUPLICATE_IDS]);

/** QA file, `qa/<feed>.yaml`. */
export const QA_FILE = fields({
  feed: nameText.describe("Id of the feed, the same as the file's name"),
  checks: z.array(CHECK).min(1).describe(
    "Checks of a day, in the order of the results",
  ),
});

/** QA rules of a feed's days. */
export type QaRules = z.output<typeof QA_FILE>;
/** A QA check. */
export type QaCheck = z.output<typeof CHECK>;
/** Limits the time between two records of a symbol or feed. */
export type MaxGapCheck = z.output<typeof MAX_GAP>;
/** Limits the values of a field. */
export type RangeCheck = z.output<typeof RANGE>;
/** Requires records in every hour. */
export type PresenceCheck = z.output<typeof PRESENCE>;
/** Detects time that goes back. */
export type MonotonicTimeCheck = z.output<typeof MONOTONIC_TIME>;
/** Detects a best bid at or above the best ask. */
export type CrossedBookCheck = z.output<typeof CROSSED_BOOK>;
/** Detects an id repeated within the day. */
export type DuplicateIdsCheck = z.output<typeof DUPLICATE_IDS>;

import { EVENT_TYPES } from "@ssmd/market";
import { z } from "zod";
import type { QaRules } from "./qa.ts";
import { camelKeys, durationMs, fields, nameText, oneOf, plainText } from "./shape.ts";

const TYPES = z.array(z.enum(EVENT_TYPES)).min(1);
const SYMBOLS = z.array(plainText).min(1).exactOptional();
const OF = z.enum(["symbol", "feed"]).default("symbol");

/** Fields that a range can be about, by the type that has them. */
const RANGE_FIELDS = [
  "price",
  "size",
  "bidPrice",
  "bidSize",
  "askPrice",
  "askSize",
  "lastPrice",
  "lastSize",
  "volume24h",
  "openInterest",
] as const;

const check = oneOf([
  fields({
    type: z.literal("max_gap"),
    records: TYPES,
    symbols: SYMBOLS,
    of: OF,
    longest: durationMs,
  }),
  fields({
    type: z.literal("range"),
    records: TYPES,
    symbols: SYMBOLS,
    field: z.enum(RANGE_FIELDS),
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
  }),
  fields({
    type: z.literal("presence"),
    records: TYPES,
    symbols: SYMBOLS,
    of: OF,
    per_hour: z.int().min(1).default(1),
  }),
  fields({
    type: z.literal("monotonic_time"),
    records: TYPES,
    symbols: SYMBOLS,
    clock: z.enum(["received", "venue"]),
    tolerance: durationMs.exactOptional(),
  }),
  fields({
    type: z.literal("crossed_book"),
    symbols: SYMBOLS,
    longest: durationMs.exactOptional(),
  }),
  fields({
    type: z.literal("duplicate_ids"),
    records: TYPES,
    symbols: SYMBOLS,
    id: z.enum(["trade_id", "record"]),
  }),
]).transform((raw) => {
  switch (raw.type) {
    case "max_gap": {
      const { longest, ...rest } = raw;
      return { ...rest, longestMs: longest };
    }
    case "monotonic_time": {
      const { tolerance = 0, ...rest } = raw;
      return { ...rest, toleranceMs: tolerance };
    }
    case "crossed_book": {
      const { longest = 0, ...rest } = raw;
      return { ...rest, longestMs: longest };
    }
    default:
      return camelKeys(raw);
  }
});

/** Shape of a file of checks. */
export const qaShape: z.ZodType<QaRules> = fields({
  feed: nameText,
  checks: z.array(check).min(1),
}) as unknown as z.ZodType<QaRules>;

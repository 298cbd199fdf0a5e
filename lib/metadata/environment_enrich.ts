import { REFERENCE_FIELDS } from "@ssmd/enrich/reference_fields";
import { z } from "zod";
import { duration, fields, nameText, oneOf, plainText, text } from "./shape.ts";

const ENRICHER = {
  name: nameText.describe("Name of the enricher, unique in the list"),
  enabled: z.boolean().exactOptional().describe("Whether it runs; absent = true"),
};

const columnName = text(/^[a-z][a-z0-9_]{0,62}$/, "a name of lower-case letters, digits and _");

/** Enrichers, in order. */
export const ENRICH = z.array(oneOf([
  fields({
    ...ENRICHER,
    type: z.literal("calculation").describe("Values by expressions"),
    values: z.record(columnName, plainText).describe(
      "Name → expression of bid, ask, bid_size, ask_size, last, last_size, mid, spread, spread_bps " +
        "and earlier names, with + - * / ( ), abs, min, max, vwap(1m), volume(1m)",
    ),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("quality").describe("State of the book as a word"),
    stale_after: duration.exactOptional()
      .describe("Time without a trade or update after which the book is stale; absent = never"),
    wide_above_bps: z.number().gt(0).exactOptional()
      .describe("Spread above which the book is wide, ten thousandths of the mid; absent = never"),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("reference_join").describe("Fields of the market from the security master"),
    fields: z.array(plainText).min(1).describe(`Any of ${REFERENCE_FIELDS.join(", ")}`),
  }),
  fields({
    ...ENRICHER,
    type: z.literal("cross_feed").describe(
      "The same instrument on another feed: adds other_bid and other_ask to the expressions of " +
        "later enrichers",
    ),
    symbols: z.record(plainText, plainText).describe("Our symbol → our symbol on another feed"),
  }),
]));

import { GAP_CHANNELS, GAP_REASONS } from "@ssmd/market";
import { z } from "zod";
import { GATEWAY_LIMITS } from "../../limits.ts";
import { named } from "../../http/named.ts";

/** Milliseconds since 1970 with microseconds as decimals. */
export const TIME = named(
  "Time",
  "Milliseconds since 1970 (UTC) with microseconds as decimals.",
  z.number(),
);

/** As {@linkcode TIME}; null = not known. */
export const TIME_OR_NULL = TIME.nullable();

/** A price or size that may be unknown. */
export const NUMBER_OR_NULL = z.number().nullable();

/** The body of every error answer. */
named(
  "Problem",
  "What is wrong and what to do about it (RFC 9457, application/problem+json).",
  z.strictObject({
    type: z.string().describe("Always about:blank; `code` identifies the problem."),
    title: z.string().describe("Text of the HTTP status."),
    status: z.int(),
    code: z.string().describe("For programs: UNKNOWN_SYMBOL, INVALID_PARAMETER, …"),
    detail: z.string().describe("One sentence for a person."),
    hint: z.string().describe("What to do next, often with the name that was probably meant."),
  }),
);

/** Levels of a side. */
export const LEVELS = z.array(z.tuple([z.number(), z.number()]))
  .describe("[price, size], best first.");

/** A market's symbol in the path. */
export const SYMBOL = z.string().min(1).max(GATEWAY_LIMITS.textCharactersMax)
  .describe("Our name of the market, percent-encoded.").meta({ examples: ["BTCUSD"] });

/** A feed's id. */
export const FEED = z.string().min(1).max(GATEWAY_LIMITS.textCharactersMax)
  .describe("Id of the feed (`/v1/feeds`).").meta({ examples: ["kraken"] });

/** Opaque position in a list. */
export const CURSOR = z.string().min(1).max(512).regex(/^[A-Za-z0-9_-]+$/)
  .describe(
    "`next` of the previous answer; opaque, and valid only with the same other parameters.",
  );

/** The cursor of the next page. */
export const NEXT = z.string().optional()
  .describe("Pass it as `cursor` for the next page; absent = last page.");

/** Links to related resources. */
export const LINKS = z.record(z.string(), z.string()).describe(
  "Links to further requests, by the data available.",
);

/** Hints for readers that do not know the documentation. */
export const HINTS = z.array(z.string())
  .describe("Plain sentences: what the numbers mean, what is suspect, what to request next.");

/** Reason why data is missing or suspect. */
const GAP_REASON = z.enum([
  ...GAP_REASONS,
  "not_archived_yet",
  "not_kept",
  "archive_damaged",
  "no_records",
]);

/** Record type that a gap concerns. */
export const GAP_CHANNEL = z.enum(GAP_CHANNELS);

/** A time span in which data is missing or suspect. */
export const GAP = named(
  "Gap",
  "A time in which records are missing or suspect. The gateway's own reasons: `not_archived_yet` " +
    "(ask again in a minute or two), `not_kept` (no archive holds it), `archive_damaged`, " +
    "`no_records` (raw files, of which no records were made).",
  z.strictObject({
    symbol: z.string().describe("The market, or `_all` for the whole feed."),
    feed: z.string(),
    reason: GAP_REASON,
    channel: GAP_CHANNEL.describe("Record types that are missing or suspect."),
    from: TIME.describe("Last moment known to be good."),
    to: TIME_OR_NULL.describe("First moment good again; null = still open."),
    missed: z.int().nullable().describe("Records known to be missing; null = unknown."),
    recovered: z.boolean().describe("Whether data is complete again from `to` on."),
    detail: z.string(),
  }),
);

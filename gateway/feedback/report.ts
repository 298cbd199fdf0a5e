import { z } from "zod";
import { FEED, SYMBOL } from "../rest/schemas/common.ts";
import { TIME_QUERY } from "../rest/schemas/history.ts";
import { FEEDBACK_LIMITS } from "./limits.ts";

/** Kinds of issues. */
export const ISSUE_KINDS = [
  "missing_data",
  "wrong_value",
  "duplicate",
  "wrong_time",
  "stale",
  "wrong_metadata",
  "other",
] as const;

/** An issue reported by a client. */
export const REPORT = z.strictObject({
  kind: z.enum(ISSUE_KINDS),
  symbol: SYMBOL.optional(),
  feed: FEED.optional(),
  from: TIME_QUERY.optional().describe("When it was so: ISO 8601 (UTC) or ms since 1970."),
  to: TIME_QUERY.optional().describe("Until when; default `from`."),
  record: z.string().min(1).max(128).optional().describe("Id or sequence of the trade meant."),
  text: z.string().max(FEEDBACK_LIMITS.textCharactersMax).default("")
    .describe("What is wrong, in words."),
});

/** A validated report; times in µs. */
export type Report = z.output<typeof REPORT>;

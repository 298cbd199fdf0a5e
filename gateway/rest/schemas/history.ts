import { z } from "zod";
import { GATEWAY_LIMITS } from "../../limits.ts";
import { RECORDS, TRANSFORMED } from "../../protocol/messages.ts";
import { TIME_PATTERN, usOfTime } from "../../http/time_text.ts";
import { GAP, HINTS, NEXT, NUMBER_OR_NULL, TIME } from "./common.ts";
import { named } from "../../http/named.ts";
import { INTERVALS } from "@ssmd/dataset/series";

/** A time in a query, converted to µs. */
export const TIME_QUERY = z.string().max(64).regex(TIME_PATTERN, "is no time").transform(
  (text, context) => {
    const us = usOfTime(text);
    if (us === undefined) context.addIssue({ code: "custom", message: "is no time" });
    return us ?? 0;
  },
);

/** Start of a span. */
export const FROM = TIME_QUERY.optional()
  .describe("Start of the span: ISO 8601 (UTC), or milliseconds since 1970.")
  .meta({ examples: ["2026-11-25T00:00:00Z"] });

/** End of a span. */
export const TO = TIME_QUERY.optional()
  .describe("End of the span, exclusive, like `from`; default now.")
  .meta({ examples: ["2026-11-25T01:00:00Z"] });

/** Order of a page. */
export const ORDER = z.enum(["desc", "asc"]).default("desc")
  .describe("Newest first (desc) or oldest first (asc), by our receive time.");

/** Maximum number of records in a page. */
export const PAGE_LIMIT = z.int().min(1).max(GATEWAY_LIMITS.historyPageMax).default(100)
  .describe("Maximum number of records in the answer.");

const HEAD = {
  symbol: z.string(),
  feed: z.string(),
};

/** A trade, as the stream sends it. */
const TRADE = named(
  "Trade",
  "A trade, as the stream sends it.",
  RECORDS.trade.omit({ pos: true, conflated: true, count: true }),
);

/** A ticker, as the stream sends it. */
const TICKER = named(
  "Ticker",
  "Top of book and day figures, as the stream sends them; null = the venue did not say.",
  RECORDS.ticker.omit({ pos: true, conflated: true }),
);

const PAGE = {
  ...HEAD,
  from: TIME.describe("The requested span."),
  to: TIME.describe("End of the span, exclusive."),
  order: z.enum(["asc", "desc"]),
  next: NEXT,
  gaps: z.array(GAP).describe(
    "Times, within this page's part of the span, in which records are missing or suspect.",
  ),
  source: z.strictObject({ memory: z.int(), archive: z.int() })
    .describe("Source of this page's records."),
  _hints: HINTS,
};

const MADE = z.array(z.strictObject({ seq: z.int(), ...TRANSFORMED })).optional().describe(
  "With `transform`: its output for each record. Records without output are left out, and " +
    "the list of records is empty.",
);

/** A page of trades. */
export const TRADE_PAGE = named(
  "TradePage",
  "A page of trades. It may be shorter than `limit` although there is a `next`: a search in a long " +
    "stretch without trades ends after a while and goes on with the next page.",
  z.strictObject({ ...PAGE, trades: z.array(TRADE), transformed: MADE }),
);

/** A page of tickers. */
export const TICKER_PAGE = named(
  "TickerPage",
  "A page of tickers; like TradePage.",
  z.strictObject({ ...PAGE, tickers: z.array(TICKER), transformed: MADE }),
);

/** A list of gaps. */
export const GAP_LIST = named(
  "GapList",
  "Times in which data is missing or suspect, oldest first.",
  z.strictObject({
    from: TIME,
    to: TIME,
    gaps: z.array(GAP),
    next: NEXT,
    _hints: HINTS,
  }),
);

/** A candle. */
export const CANDLE = named(
  "Candle",
  "Trades of one interval put together.",
  z.strictObject({
    start: TIME.describe(
      "Start of the interval; intervals begin at whole multiples since 1970 (UTC).",
    ),
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number().describe("Sum of the sizes."),
    buy_volume: z.number().describe("Sum of the sizes of trades whose taker bought."),
    vwap: NUMBER_OR_NULL.describe("Mean price weighted by size; null without trades."),
    trades: z.int().describe("0 = filled from the previous candle (`fill=previous`)."),
    complete: z.boolean().describe(
      "Whether the interval is over, including the wait for late trades.",
    ),
    gap: z.boolean().describe("Whether it overlaps a gap: trades may be missing."),
  }),
);

/** Candles of a span. */
export const CANDLE_LIST = named(
  "CandleList",
  "Candles, oldest first. An interval without trades has no candle unless `fill=previous`.",
  z.strictObject({
    ...HEAD,
    interval: z.enum(Object.keys(INTERVALS) as [keyof typeof INTERVALS]),
    clock: z.enum(["venue", "received"]),
    from: TIME,
    to: TIME,
    candles: z.array(CANDLE),
    late_trades: z.int().describe(
      "Trades left out because they arrived more than ten minutes after their own time (or " +
        "more than five seconds before it); `clock=received` counts them by their receive time.",
    ),
    next_from: TIME.optional().describe(
      "Present when the answer ends early because reading took too long: request again with " +
        "this as `from`.",
    ),
    gaps: z.array(GAP),
    _hints: HINTS,
  }),
);

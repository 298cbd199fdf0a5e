import { INTERVALS } from "@ssmd/dataset/series";
import { z } from "zod";
import { GAP, HINTS, LEVELS, NUMBER_OR_NULL, TIME } from "./common.ts";
import { named } from "../../http/named.ts";

/** Name of an interval. */
export const EVERY = z.enum(Object.keys(INTERVALS) as [keyof typeof INTERVALS]);

const ROW = {
  symbol: z.string(),
  feed: z.string(),
  gap: z.boolean().describe("Whether records may be missing; a book is then not known."),
};

const LIST = {
  symbol: z.string(),
  feed: z.string(),
  from: TIME,
  to: TIME,
  next_from: TIME.optional().describe(
    "Present when there is more: request again with this as `from`.",
  ),
  gaps: z.array(GAP),
  _hints: HINTS,
};

/** Bars of a span. */
export const BAR_LIST = named(
  "BarList",
  "Bars, oldest first; an interval without trades has none.",
  z.strictObject({
    ...LIST,
    every: EVERY,
    bars: z.array(z.strictObject({
      ...ROW,
      start: TIME.describe("Start of the interval, by the venue's time."),
      ...{ open: z.number(), high: z.number(), low: z.number(), close: z.number() },
      volume: z.number().describe("Sum of the sizes."),
      buy_volume: z.number().describe("Sum of the sizes of trades whose taker bought."),
      vwap: NUMBER_OR_NULL.describe("Mean price weighted by size."),
      trades: z.int(),
    })),
  }),
);

/** Changes of the best bid and ask. */
export const TOP_OF_BOOK_LIST = named(
  "TopOfBookList",
  "The best bid and ask, a row at each change; null = there is none, or the book is not known.",
  z.strictObject({
    ...LIST,
    top_of_book: z.array(z.strictObject({
      ...ROW,
      time: TIME.describe("Receive time from which the row is valid."),
      ...{ bid_price: NUMBER_OR_NULL, bid_size: NUMBER_OR_NULL },
      ...{ ask_price: NUMBER_OR_NULL, ask_size: NUMBER_OR_NULL },
    })),
  }),
);

/** Samples of a book. */
export const BOOK_LIST = named(
  "BookList",
  "The best levels at multiples of `every`, a row where something has changed.",
  z.strictObject({
    ...{ ...LIST, every: EVERY, depth: z.int() },
    book: z.array(z.strictObject({
      ...ROW,
      time: TIME.describe("Includes everything received by then."),
      ...{ bids: LEVELS, asks: LEVELS },
    })),
  }),
);

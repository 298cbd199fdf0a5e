import {
  barJson,
  bookJson,
  type BookRow,
  bookRows,
  DEPTH_MAX,
  INTERVALS,
  topJson,
} from "@ssmd/dataset/series";
import { DAY_US, nowUs } from "@ssmd/runtime";
import { z } from "zod";
import { type GapSpan, touching } from "../../history/gap_span.ts";
import type { HistoryReader } from "../../history/history_reader.ts";
import { GATEWAY_LIMITS } from "../../limits.ts";
import type { Market } from "../../state/market.ts";
import { candleAnswer, candleSpan } from "../candle_view.ts";
import { gapJson } from "../gap_view.ts";
import { gapHints } from "../history_hints.ts";
import { type Span, spanOf } from "../history_span.ts";
import { marketOf } from "../market_lookup.ts";
import { invalidParameter } from "../../http/problem.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import * as examples from "../schemas/history_examples.ts";
import { FROM, PAGE_LIMIT, TO } from "../schemas/history.ts";
import { BAR_LIST, BOOK_LIST, EVERY, TOP_OF_BOOK_LIST } from "../schemas/series.ts";
import { type HistorySource, ONE, WHICH_FEED } from "./history.ts";

/** Default span of book rows, µs. */
const SPAN_US = 300_000_000;
/** How far before a span to look for gaps after which the book has no snapshot yet, µs. */
const GAPS_BEFORE_US = 31 * DAY_US;

const ABOUT_BOOKS = "From the archive, where records are after two minutes at most; what is not " +
  "there yet is a gap. A row holds until the next one; from a gap to the next snapshot a book is " +
  "not known. At most a day in one request; without `from` the last five minutes.";

const SPAN = { from: FROM, to: TO, limit: PAGE_LIMIT, feed: WHICH_FEED };

/** Returns the routes of derived series, which exports and SQL provide as well. */
export function seriesRoutes(source: HistorySource): Route[] {
  return [barRoute(source), topRoute(source), bookRoute(source)];
}

function barRoute({ data, candles }: HistorySource): Route {
  return route({
    path: "/v1/markets/{symbol}/bars",
    ...{ id: "listBars", tag: "History" },
    summary: "Lists bars of a market, as in exports and SQL",
    description:
      `Trades are assigned by the venue's time. At most ${GATEWAY_LIMITS.candlesMax} intervals ` +
      "in one answer.",
    ...ONE,
    query: {
      every: EVERY.default("1m"),
      from: FROM.describe("Start; default: `limit` intervals before `to`."),
      to: TO,
      limit: z.int().min(1).max(GATEWAY_LIMITS.candlesMax).default(200)
        .describe("Number of intervals, if `from` is not given."),
      feed: WHICH_FEED,
    },
    answers: { 200: { schema: BAR_LIST, example: examples.BAR_LIST } },
    handler: async ({ params, query, access }) => {
      const { market } = marketOf(data, access, { ...params, feed: query.feed, type: "trade" });
      const now = nowUs();
      const asked = { ...query, interval: query.every, clock: "venue", fill: "none" } as const;
      const span = candleSpan(asked, now);
      const found = await candles.candles({ market, clock: "venue", ...span });
      const made = candleAnswer(found, { market, ...asked, ...span, nowUs: now });
      const { symbol, feed, from, to, gaps, _hints, next_from } = made;
      return json({
        ...{ symbol, feed, every: query.every, from, to },
        bars: made.candles.map(({ complete: _, start, ...bar }) =>
          barJson({ symbol, feed, startUs: Math.round(start * 1000), ...bar })
        ),
        ...(next_from === undefined ? {} : { next_from }),
        ...{ gaps, _hints },
      });
    },
  });
}

function topRoute({ data, reader }: HistorySource): Route {
  return route({
    path: "/v1/markets/{symbol}/top_of_book",
    ...{ id: "listTopOfBook", tag: "History", description: ABOUT_BOOKS },
    summary: "Lists the best bid and ask of a market, one row per change",
    ...ONE,
    query: SPAN,
    answers: { 200: { schema: TOP_OF_BOOK_LIST, example: examples.TOP_OF_BOOK_LIST } },
    handler: async ({ params, query, access }) => {
      const { market } = marketOf(data, access, { ...params, feed: query.feed, type: "orderbook" });
      const span = bookSpan(query);
      const how = { everyUs: 0, depth: 1, limit: query.limit };
      const { rows, ...rest } = await readRows(reader, market, { ...span, ...how });
      return json({ ...headOf(market, span), top_of_book: rows.map(topJson), ...rest });
    },
  });
}

function bookRoute({ data, reader }: HistorySource): Route {
  return route({
    path: "/v1/markets/{symbol}/book",
    ...{ id: "listBook", tag: "History", description: ABOUT_BOOKS },
    summary: "Lists samples of a market's past order book",
    ...ONE,
    query: {
      depth: z.int().min(1).max(DEPTH_MAX).default(10).describe("Levels per side."),
      every: EVERY.default("1s"),
      ...SPAN,
    },
    answers: { 200: { schema: BOOK_LIST, example: examples.BOOK_LIST } },
    handler: async ({ params, query, access }) => {
      const { market } = marketOf(data, access, { ...params, feed: query.feed, type: "orderbook" });
      const { every, depth, limit } = query;
      const span = bookSpan(query);
      const how = { everyUs: INTERVALS[every], depth, limit };
      const { rows, ...rest } = await readRows(reader, market, { ...span, ...how });
      return json({ ...headOf(market, span), every, depth, book: rows.map(bookJson), ...rest });
    },
  });
}

function headOf({ symbol, feed }: Market, { fromUs, toUs }: Span) {
  return { symbol, feed: feed.id, from: fromUs / 1000, to: toUs / 1000 };
}

function bookSpan(query: { from?: number | undefined; to?: number | undefined }): Span {
  const span = spanOf(query, nowUs(), SPAN_US / DAY_US);
  if (span.toUs - span.fromUs <= GATEWAY_LIMITS.bookSpanMs * 1000) return span;
  throw invalidParameter("from", "is more than a day before to", "at most a day in one request");
}

/** Returns a page of rows; rows of the same time are never split. */
async function readRows(
  reader: HistoryReader,
  market: Market,
  asked: Span & { everyUs: number; depth: number; limit: number },
) {
  const { fromUs, toUs, limit } = asked;
  const known = await reader.bookGapsOf(market, Math.max(0, fromUs - GAPS_BEFORE_US), toUs);
  const damaged: GapSpan[] = [];
  let rows = await pageOf(reader, market, { ...asked, gaps: known, damaged });
  const gaps = [...known, ...damaged];
  // Corruption becomes known only by reading: rebuild the rows with these gaps.
  if (damaged.length > 0) rows = await pageOf(reader, market, { ...asked, gaps, damaged: [] });
  const next = rows.length > limit ? rows.pop() : undefined;
  const within = touching(gaps, { fromUs, toUs: next?.timeUs ?? toUs });
  return {
    rows,
    ...(next === undefined ? {} : { next_from: next.timeUs / 1000 }),
    gaps: within.map(gapJson),
    _hints: gapHints(within),
  };
}

/** Returns rows up to the limit and, if there are more, the first one beyond it. */
async function pageOf(
  reader: HistoryReader,
  market: Market,
  { limit, damaged, ...options }:
    & { gaps: GapSpan[]; damaged: GapSpan[] }
    & Parameters<typeof readRows>[2],
): Promise<BookRow[]> {
  const read = (_: string, fromUs: number, toUs: number) =>
    reader.readBook(market, { fromUs, toUs }, damaged);
  const updates = read(market.symbol, options.fromUs, options.toUs);
  const rows: BookRow[] = [];
  for await (const some of bookRows(updates, { ...options, feed: market.feed.id }, read)) {
    for (const row of some) {
      rows.push(row);
      if (rows.length > limit && rows.at(-2)?.timeUs !== row.timeUs) return rows;
    }
  }
  return rows;
}

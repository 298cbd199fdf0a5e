import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import { GATEWAY_LIMITS } from "../../limits.ts";
import type { CandleReader } from "../../history/candle_reader.ts";
import type { HistoryReader, HistoryRecords, Page } from "../../history/history_reader.ts";
import type { MarketData } from "../../state/market_data.ts";
import { jsonPrefix } from "@ssmd/codec";
import { INTERVALS } from "@ssmd/dataset/series";
import { candleAnswer, candleSpan } from "../candle_view.ts";
import { cursorOf } from "../../http/cursor.ts";
import { gapJson } from "../gap_view.ts";
import { positionOfCursor, spanOf } from "../history_span.ts";
import { historyHints } from "../history_hints.ts";
import { marketOf } from "../market_lookup.ts";
import { recordsJson } from "../records_json.ts";
import { transformedRecords } from "../transformed_records.ts";
import type { TransformsClient } from "../../bus/transforms_client.ts";
import { TRANSFORM_NAME } from "../../protocol/requests.ts";
import { json, rawJson } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { CURSOR, FEED, SYMBOL } from "../schemas/common.ts";
import * as examples from "../schemas/history_examples.ts";
import {
  CANDLE_LIST,
  FROM,
  ORDER,
  PAGE_LIMIT,
  TICKER_PAGE,
  TO,
  TRADE_PAGE,
} from "../schemas/history.ts";

/** Data of the history routes. */
export interface HistorySource {
  data: MarketData;
  reader: HistoryReader;
  candles: CandleReader;
  /** Runs customers' transforms. */
  transforms: TransformsClient;
}

/** Path parameter `symbol`. */
export const ONE = { params: { symbol: SYMBOL }, examples: { symbol: "BTCUSD" } } as const;
/** Query parameter `feed`. */
export const WHICH_FEED = FEED.optional().describe(
  "Feed, when several feeds have this symbol.",
);

const ABOUT_PAGES = "The newest come from memory, older ones from the archive, by the same call: " +
  "nothing is doubled or left out where both meet, and `gaps` says where records are missing. " +
  "Pages do not move while new records come. Without `from` a page looks back " +
  `${GATEWAY_LIMITS.historySpanDaysDefault} days.`;

/** Returns the routes of past records. */
export function historyRoutes(source: HistorySource): Route[] {
  return [
    pageRoute(source, {
      ...{ type: "trade", id: "listTrades", list: "trades", schema: TRADE_PAGE },
      ...{ summary: "Lists trades of a market, recent and archived", example: examples.TRADE_PAGE },
    }),
    pageRoute(source, {
      ...{ type: "ticker", id: "listTickers", list: "tickers", schema: TICKER_PAGE },
      ...{
        summary: "Lists tickers of a market, recent and archived",
        example: examples.TICKER_PAGE,
      },
    }),
    candleRoute(source),
  ];
}

/** Parameters by which the trade and ticker routes differ. */
interface PageKind<T extends keyof HistoryRecords> {
  type: T;
  id: string;
  /** Name of the list in the answer. */
  list: string;
  summary: string;
  schema: z.ZodType;
  example: unknown;
}

function pageRoute<T extends keyof HistoryRecords>(
  { data, reader, transforms }: HistorySource,
  { type, id, list, summary, schema, example }: PageKind<T>,
): Route {
  return route({
    path: `/v1/markets/{symbol}/${list}`,
    ...{ id, summary, tag: "History", description: ABOUT_PAGES },
    ...ONE,
    query: {
      ...{ from: FROM, to: TO, order: ORDER, limit: PAGE_LIMIT },
      ...{ cursor: CURSOR.optional(), feed: WHICH_FEED },
      transform: TRANSFORM_NAME.optional().describe(
        `A stored transform: the answer has its output for each record in \`transformed\`, and ` +
          `\`${list}\` is empty. GET /v1/transforms lists them.`,
      ),
    },
    answers: { 200: { schema: schema, example } },
    handler: async ({ params, query, access, address }) => {
      const { market } = marketOf(data, access, { ...params, feed: query.feed, type });
      const { order, limit } = query;
      const cursor = query.cursor === undefined ? undefined : positionOfCursor(query.cursor, order);
      const span = cursor?.span ?? spanOf(query, nowUs());
      const page = { market, type, order, limit, ...span, after: cursor?.after };
      if (query.transform === undefined) {
        return rawJson(await pageJson(await reader.page(page), { ...page, list }));
      }
      const found = await reader.page(page);
      const made = await transformedRecords(found.records, {
        ...{ market, transforms, name: query.transform, caller: access.client || address },
      });
      const transformed = JSON.stringify(made);
      return rawJson(await pageJson(found, { ...page, list, transformed }));
    },
  });
}

/** Returns a page as JSON text, with records in the stream's format. */
async function pageJson<T extends keyof HistoryRecords>(
  { records, next, gaps, archived }: Page<HistoryRecords[T]>,
  { market, order, fromUs, toUs, list, transformed }: {
    market: Parameters<HistoryReader["floorOf"]>[0];
    order: "asc" | "desc";
    fromUs: number;
    toUs: number;
    list: string;
    /** JSON text of the transformed records, which replace the records. */
    transformed?: string;
  },
): Promise<string> {
  const prefix = jsonPrefix(market.symbol, market.feed.id);
  const rest = JSON.stringify({
    from: fromUs / 1000,
    to: toUs / 1000,
    order,
    ...(next === undefined ? {} : {
      next: cursorOf([order, fromUs, toUs, next.atUs, next.sequence, next.same]),
    }),
    gaps: gaps.map(gapJson),
    source: { memory: records.length - archived, archive: archived },
    _hints: historyHints({ list, count: records.length, gaps, hasNext: next !== undefined }),
  });
  const items = transformed === undefined
    ? `"${list}":${await recordsJson(records, prefix)}`
    : `"${list}":[],"transformed":${transformed}`;
  return `{${prefix},${items},${rest.slice(1)}`;
}

function candleRoute({ data, candles }: HistorySource): Route {
  return route({
    path: "/v1/markets/{symbol}/candles",
    id: "listCandles",
    tag: "History",
    summary: "Lists candles of a market, computed from its trades",
    description:
      "Trades are assigned by the venue's time (`clock=venue`), late ones included. A market " +
      "replayed from a recording has old venue times: use `clock=received`. An interval " +
      "without trades has no candle, or with `fill=previous` a flat one with `trades` 0. At " +
      `most ${GATEWAY_LIMITS.candlesMax} intervals in one answer.`,
    ...ONE,
    query: {
      interval: z.enum(Object.keys(INTERVALS) as [keyof typeof INTERVALS]).default("1m"),
      from: FROM.describe("Start; default: `limit` intervals before `to`."),
      to: TO,
      limit: z.int().min(1).max(GATEWAY_LIMITS.candlesMax).default(200)
        .describe("Number of intervals, if `from` is not given."),
      clock: z.enum(["venue", "received"]).default("venue")
        .describe("Clock of the trades: the venue's time, or our receive time."),
      fill: z.enum(["none", "previous"]).default("none")
        .describe("Candle of an interval without trades: left out, or flat at the last close."),
      feed: WHICH_FEED,
    },
    answers: { 200: { schema: CANDLE_LIST, example: examples.CANDLE_LIST } },
    handler: async ({ params, query, access }) => {
      const { market } = marketOf(data, access, { ...params, feed: query.feed, type: "trade" });
      const now = nowUs();
      const span = candleSpan(query, now);
      const found = await candles.candles({ market, clock: query.clock, ...span });
      return json(candleAnswer(found, { market, ...query, ...span, nowUs: now }));
    },
  });
}

import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { GATEWAY_LIMITS } from "../../limits.ts";
import type { MarketData } from "../../state/market_data.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import { jsonPrefix, msOfUs } from "@ssmd/codec";
import { sideJson } from "../../stream/book_json.ts";
import { EVENT_TYPES } from "@ssmd/market";
import type { FeedInfo, ReadFeedInfo } from "../feed_info.ts";
import { marketDetails } from "../market_details.ts";
import {
  findMarkets,
  type ListedMarket,
  MARKET_SORTS,
  type MarketFilter,
  pageOf,
  summariesOf,
} from "../market_list.ts";
import { feedOf, includes, marketOf } from "../market_lookup.ts";
import type { FeedCapture } from "../../bus/capture_reports.ts";
import { bookStateOf, feedView } from "../market_view.ts";
import { json, rawJson } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { CURSOR, FEED } from "../schemas/common.ts";
import * as examples from "../schemas/market_examples.ts";
import { ONE, WHICH_FEED } from "./history.ts";
import {
  FEED_LIST,
  MARKET_DETAILS,
  MARKET_LIST,
  MARKET_STATE,
  ORDER_BOOK,
  SYMBOL_LIST,
} from "../schemas/market.ts";

/** Data of the market routes. */
interface MarketSource {
  data: MarketData;
  feedInfo: ReadFeedInfo;
  /** Returns the reports of a feed's connectors. */
  captureOf: (feed: string) => Promise<FeedCapture>;
  /** Returns the number of gap records of a market and its feed in memory. */
  gapsRecent: (feed: string, symbol: string) => number;
}

const SEARCH = z.string().min(1).max(64)
  .describe("Text in the symbol or the venue's name, case-insensitive.").meta({
    examples: ["BTC"],
  });

const FILTERS = {
  feed: FEED.optional(),
  state: MARKET_STATE.optional().describe("Only markets in this state."),
  type: z.enum(["spot", "prediction"]).optional().describe("Only markets of this kind."),
  search: SEARCH.optional(),
};

const LIMIT = z.int().min(1).max(GATEWAY_LIMITS.marketsPageMax).default(1000)
  .describe("Maximum number of entries in the answer.");

/** Returns the routes of the current state of markets. */
export function marketRoutes(source: MarketSource): Route[] {
  return [feeds(source), symbols(source), list(source), details(source), orderBook(source)];
}

function feeds({ data, captureOf }: MarketSource): Route {
  return route({
    path: "/v1/feeds",
    id: "listFeeds",
    tag: "Markets",
    summary: "Lists feeds with their states",
    answers: { 200: { schema: FEED_LIST, example: examples.FEED_LIST } },
    handler: async ({ access }) => {
      const visible = new EntitledMarkets(data, access);
      const feeds = [...visible.feeds()]
        .map(async (feed) => feedView(feed, visible, await captureOf(feed.id)));
      return json({ feeds: await Promise.all(feeds) });
    },
  });
}

function findListed(
  { data, feedInfo }: { data: MarketData; feedInfo: ReadonlyMap<string, FeedInfo> },
  { access, query }: { access: Access; query: MarketFilter },
): ListedMarket[] {
  if (query.feed !== undefined) feedOf(data, access, query.feed);
  return findMarkets({ data, feedInfo }, access, query);
}

function symbols(source: MarketSource): Route {
  return route({
    path: "/v1/symbols",
    id: "listSymbols",
    tag: "Markets",
    summary: "Lists names of markets, ours and the venue's, by name",
    query: { ...FILTERS, limit: LIMIT, cursor: CURSOR.optional() },
    answers: { 200: { schema: SYMBOL_LIST, example: examples.SYMBOL_LIST } },
    handler: async (request) => {
      const feedInfo = await source.feedInfo();
      const all = findListed({ ...source, feedInfo }, request);
      const paging = { limit: request.query.limit, cursor: request.query.cursor };
      const { page, next } = pageOf(all, { sort: "symbol", order: "asc", ...paging });
      const names = page.map(({ market, types }) => ({
        symbol: market.symbol,
        feed: market.feed.id,
        external: market.external || null,
        type: feedInfo.get(market.feed.id)?.type ?? null,
        types: EVENT_TYPES.filter((type) => includes(types, type)),
      }));
      return json({ symbols: names, total: all.length, ...(next === undefined ? {} : { next }) });
    },
  });
}

function list(source: MarketSource): Route {
  return route({
    path: "/v1/markets",
    id: "listMarkets",
    tag: "Markets",
    summary: "Lists markets with their current prices",
    description:
      "In the environment's order by default. When sorted by a changing value (price, volume, " +
      "time), a market that moves between two pages can appear twice or not at all; not so in " +
      "the environment's order or by symbol.",
    query: {
      ...FILTERS,
      sort: z.enum(MARKET_SORTS).default("environment").describe("Unknown values come last."),
      order: z.enum(["asc", "desc"]).default("asc"),
      limit: LIMIT,
      cursor: CURSOR.optional(),
    },
    answers: { 200: { schema: MARKET_LIST, example: examples.MARKET_LIST } },
    handler: async (request) => {
      const feedInfo = await source.feedInfo();
      const all = findListed({ ...source, feedInfo }, request);
      const { page, next } = pageOf(all, request.query);
      return json({
        markets: summariesOf(page, feedInfo),
        total: all.length,
        ...(next === undefined ? {} : { next }),
        _links: {
          market: "/v1/markets/{symbol}",
          names: "/v1/symbols",
          stream: "/v1/stream?symbols=*",
          docs: "/docs",
        },
      });
    },
  });
}

function details({ data, feedInfo, gapsRecent }: MarketSource): Route {
  return route({
    path: "/v1/markets/{symbol}",
    id: "getMarket",
    tag: "Markets",
    summary: "Shows one market: price, book, contract, data quality, links",
    description:
      "Complete on its own, for readers without other context, such as language models: " +
      "`_hints` explains in sentences what the numbers mean and what is suspect.",
    ...ONE,
    query: { feed: WHICH_FEED },
    answers: { 200: { schema: MARKET_DETAILS, example: examples.MARKET_DETAILS } },
    handler: async ({ params, query, access }) => {
      const info = await feedInfo();
      const visible = marketOf(data, access, { ...params, feed: query.feed });
      const { feed, symbol } = visible.market;
      return json(marketDetails({
        ...visible,
        feedInfo: info.get(feed.id),
        nowUs: nowUs(),
        gapsRecent: gapsRecent(feed.id, symbol),
      }));
    },
  });
}

function orderBook({ data }: MarketSource): Route {
  return route({
    path: "/v1/markets/{symbol}/orderbook",
    id: "getOrderBook",
    tag: "Markets",
    summary: "Shows the order book to a depth",
    ...ONE,
    query: {
      depth: z.int().min(1).max(GATEWAY_LIMITS.depthMax).default(25).describe("Levels per side."),
      feed: WHICH_FEED,
    },
    answers: { 200: { schema: ORDER_BOOK, example: examples.ORDER_BOOK } },
    handler: ({ params, query, access }) => {
      const { market } = marketOf(data, access, {
        ...params,
        feed: query.feed,
        type: "orderbook",
      });
      const gap = market.openGap;
      const state = JSON.stringify({
        state: bookStateOf(market),
        suspect_since: gap === undefined ? null : msOfUs(gap.fromUs),
        checksum: market.checksum,
        ts: msOfUs(market.bookTimestampUs),
        recv_ts: msOfUs(market.bookReceivedAtUs),
        seq: market.bookSequence,
      });
      const { bids, asks } = market.book;
      return rawJson(
        `{${jsonPrefix(market.symbol, market.feed.id)},"bids":${
          sideJson(bids, query.depth)
        },"asks":${sideJson(asks, query.depth)},${state.slice(1)}`,
      );
    },
  });
}

import { LIMITS, nearest } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import { headJson, msOfUs, recordJson, sideJson } from "../stream/record_json.ts";
import { feedView, marketDetails, marketSummary } from "./market_view.ts";
import { checkQuery, intQuery, Problem } from "./problem.ts";
import { json, rawJson, type Reply, type RouteRequest } from "./reply.ts";
import type { Route } from "./router.ts";

const TRADES_DEFAULT = 100;
const DEPTH_DEFAULT = 25;
const DEPTH_MAX = 10_000;
const MARKETS_DEFAULT = 1000;

/** The routes that tell of markets. */
export function marketRoutes(data: MarketData): Route[] {
  return [
    { path: "/v1/feeds", handler: ({ query }) => feeds(data, query) },
    { path: "/v1/markets", handler: ({ query }) => list(data, query) },
    { path: "/v1/markets/{symbol}", handler: (request) => details(data, request) },
    { path: "/v1/markets/{symbol}/trades", handler: (request) => trades(data, request) },
    { path: "/v1/markets/{symbol}/orderbook", handler: (request) => orderBook(data, request) },
  ];
}

function feeds(data: MarketData, query: URLSearchParams): Reply {
  checkQuery(query, []);
  return json({ feeds: [...data.feeds.values()].map(feedView) });
}

/** Markets in the environment's order, then as they came; `after` goes on behind that symbol. */
function list(data: MarketData, query: URLSearchParams): Reply {
  checkQuery(query, ["feed", "limit", "after"]);
  const limit = intQuery(query, "limit", MARKETS_DEFAULT, {
    min: 1,
    max: GATEWAY_LIMITS.marketsPageMax,
  });
  const feedId = query.get("feed");
  const after = query.get("after") ?? "";
  if (feedId !== null && !data.feeds.has(feedId)) {
    const known = [...data.feeds.keys()].join(", ");
    throw new Problem(404, "UNKNOWN_FEED", "there is no feed of this name", `feeds: ${known}`);
  }
  const found: Market[] = [];
  let there = after === "";
  for (const market of data.markets()) {
    if (there && (feedId === null || market.feed.id === feedId)) found.push(market);
    if (market.symbol === after) there = true;
    if (found.length > limit) break;
  }
  if (!there) throw unknownSymbol(data, after);
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)?.symbol : undefined;
  return json({ markets: page.map(marketSummary), ...(next === undefined ? {} : { next }) });
}

function details(data: MarketData, { params, query }: RouteRequest): Reply {
  checkQuery(query, []);
  return json(marketDetails(marketOf(data, params)));
}

/** The newest trades that are in memory, newest first. */
function trades(data: MarketData, { params, query }: RouteRequest): Reply {
  checkQuery(query, ["limit"]);
  const limit = intQuery(query, "limit", TRADES_DEFAULT, { min: 1, max: LIMITS.recentTradesMax });
  const market = marketOf(data, params);
  const head = headJson(market.symbol, market.feed.id);
  const newest = market.trades.slice(-limit).reverse().map((trade) => recordJson(trade, head));
  return rawJson(`{"symbol":${JSON.stringify(market.symbol)},"trades":[${newest.join(",")}]}`);
}

function orderBook(data: MarketData, { params, query }: RouteRequest): Reply {
  checkQuery(query, ["depth"]);
  const depth = intQuery(query, "depth", DEPTH_DEFAULT, { min: 1, max: DEPTH_MAX });
  const market = marketOf(data, params);
  const gap = market.openGap;
  const state = JSON.stringify({
    state: market.bookState,
    suspect_since: gap === undefined ? null : msOfUs(gap.fromUs),
    checksum: market.checksum,
    ts: msOfUs(market.bookTimestampUs),
    recv_ts: msOfUs(market.bookReceivedAtUs),
    seq: market.bookSequence,
  });
  const { bids, asks } = market.book;
  return rawJson(
    `{${headJson(market.symbol, market.feed.id)},"bids":${sideJson(bids, depth)},"asks":${
      sideJson(asks, depth)
    },${state.slice(1)}`,
  );
}

function marketOf(data: MarketData, params: Record<string, string>): Market {
  const symbol = params["symbol"] ?? "";
  const market = data.market(symbol);
  if (market === undefined) throw unknownSymbol(data, symbol);
  return market;
}

function unknownSymbol(data: MarketData, symbol: string): Problem {
  const shown = symbol.slice(0, 64);
  const names: string[] = [];
  for (const market of data.markets()) if (names.push(market.symbol) >= 500) break;
  const near = nearest(shown, names);
  return new Problem(
    404,
    "UNKNOWN_SYMBOL",
    `there is no market "${shown}"`,
    near === undefined ? "all markets are at /v1/markets" : `did you mean "${near}"?`,
  );
}

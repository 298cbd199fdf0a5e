import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { nearest } from "@ssmd/runtime";
import type { Access } from "../access/access.ts";
import type { Market, MarketFeed } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import { Problem, shorten } from "../http/problem.ts";

/** Maximum number of names searched for a did-you-mean. */
const NEAR_MAX = 2000;

/** Whether a type is in a mask of visible types. */
export function includes(types: number, type: EventType): boolean {
  return (types & (1 << EVENT_TYPES.indexOf(type))) !== 0;
}

/** A requested market and what the caller may see of it. */
interface SeenMarket {
  market: Market;
  /** Bits of visible record types. */
  types: number;
}

/** Identifies the requested market. */
interface MarketQuery {
  symbol: string;
  /** Feed, when several have the symbol. */
  feed?: string | undefined;
  /** Type that must be visible; absent = any. */
  type?: EventType;
}

/** Returns the requested market. Throws the same {@linkcode Problem} (404) for a hidden one. */
export function marketOf(data: MarketData, access: Access, query: MarketQuery): SeenMarket {
  const { symbol, feed, type } = query;
  if (feed !== undefined) feedOf(data, access, feed);
  for (const candidate of data.feeds.values()) {
    if (feed !== undefined && candidate.id !== feed) continue;
    const market = candidate.markets.get(symbol);
    if (market === undefined) continue;
    const types = access.typesOf(candidate.id, symbol);
    if (type === undefined ? types !== 0 : includes(types, type)) return { market, types };
    access.auditHidden(`${type ?? "market"} ${candidate.id}/${symbol}`);
  }
  throw unknownSymbol(data, access, query);
}

/** Returns the feed with this id. Throws {@linkcode Problem} (404). */
export function feedOf(data: MarketData, access: Access, id: string): MarketFeed {
  const feed = data.feeds.get(id);
  if (feed !== undefined && access.seesFeed(id)) return feed;
  if (feed !== undefined) access.auditHidden(`feed ${id}`);
  const known = [...data.feeds.keys()].filter((name) => access.seesFeed(name));
  const hint = known.length === 0
    ? "there are none yet"
    : `feeds: ${known.slice(0, 20).join(", ")}`;
  throw new Problem("UNKNOWN_FEED", `There is no feed "${shorten(id)}"`, { status: 404, hint });
}

function unknownSymbol(data: MarketData, access: Access, query: MarketQuery): Problem {
  const shown = shorten(query.symbol);
  const names: string[] = [];
  for (const market of data.markets()) {
    if (access.typesOf(market.feed.id, market.symbol) === 0) continue;
    if (market.symbol !== query.symbol && names.push(market.symbol) >= NEAR_MAX) break;
  }
  const near = nearest(shown, names);
  const hint = near === undefined
    ? "all markets are at /v1/markets, names alone at /v1/symbols"
    : `Did you mean "${near}"?`;
  const what = query.type === undefined ? "market" : `${query.type} of a market`;
  return new Problem("UNKNOWN_SYMBOL", `There is no ${what} "${shown}"`, { status: 404, hint });
}

import { z } from "zod";
import type { Access } from "../access/access.ts";
import type { Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import { cursorOf, valueOfCursor } from "../http/cursor.ts";
import type { FeedInfo } from "./feed_info.ts";
import { includes } from "./market_lookup.ts";
import { type MarketSummary, marketSummary, stateOf, updatedUsOf } from "./market_view.ts";

/** Sort keys of the list. */
export const MARKET_SORTS = [
  "environment",
  "symbol",
  "last_price",
  "volume_24h",
  "updated",
] as const;
/** A sort key of the list. */
type MarketSort = typeof MARKET_SORTS[number];

/** Filter of a list of markets. */
export interface MarketFilter {
  feed?: string | undefined;
  state?: string | undefined;
  type?: string | undefined;
  /** Text in the symbol or the venue's name; case-insensitive. */
  search?: string | undefined;
}

/** Request for a list of markets. */
interface MarketListing extends MarketFilter {
  sort: MarketSort;
  order: "asc" | "desc";
  limit: number;
  cursor?: string | undefined;
}

type SortValue = string | number | null;

const CURSOR = z.tuple([
  z.union([z.string(), z.number(), z.null()]),
  z.string(),
  z.string(),
]);

/** A market and the bits of its record types that are visible to the caller. */
export interface ListedMarket {
  market: Market;
  types: number;
  /** Offset in the environment's order among all markets that the caller may see. */
  offset: number;
}

/** Returns the matching markets that a caller may see, in the environment's order. */
export function findMarkets(
  { data, feedInfo }: { data: MarketData; feedInfo: ReadonlyMap<string, FeedInfo> },
  access: Access,
  filter: MarketFilter,
): ListedMarket[] {
  const found: ListedMarket[] = [];
  const wanted = filter.search?.toLowerCase();
  let offset = 0;
  for (const feed of data.feeds.values()) {
    if (filter.feed !== undefined && feed.id !== filter.feed) continue;
    if (filter.type !== undefined && feedInfo.get(feed.id)?.type !== filter.type) continue;
    for (const market of feed.markets.values()) {
      const types = access.typesOf(feed.id, market.symbol);
      if (types === 0) continue;
      offset++;
      if (wanted !== undefined && !matchesName(market, wanted)) continue;
      const { state } = stateOf(market, types);
      if (filter.state !== undefined && state !== filter.state) continue;
      found.push({ market, types, offset });
    }
  }
  return found;
}

function matchesName({ symbol, external }: Market, wanted: string): boolean {
  return symbol.toLowerCase().includes(wanted) || external.toLowerCase().includes(wanted);
}

/** Returns a page of a list and the next cursor. Throws a Problem (400) for an invalid cursor. */
export function pageOf(
  all: ListedMarket[],
  { sort, order, limit, cursor }: Pick<MarketListing, "sort" | "order" | "limit" | "cursor">,
): { page: ListedMarket[]; next?: string } {
  const sign = order === "desc" ? -1 : 1;
  const values = new Map(all.map((listed) => [listed, sortValue(listed, sort)]));
  const valueOf = (listed: ListedMarket) => values.get(listed) ?? null;
  if (sort === "environment") {
    if (order === "desc") all.reverse();
  } else {
    all.sort((a, b) => compareValues(valueOf(a), valueOf(b), sign) || compareNames(a, b));
  }
  const after = cursor === undefined ? undefined : valueOfCursor(cursor, CURSOR);
  const start = after === undefined ? 0 : startBehind(all, after, { sort, sign, valueOf });
  const page = all.slice(start, start + limit);
  const last = page.at(-1);
  if (last === undefined || start + limit >= all.length) return { page };
  return { page, next: cursorOf([valueOf(last), last.market.feed.id, last.market.symbol]) };
}

function startBehind(
  all: readonly ListedMarket[],
  [value, feed, symbol]: z.output<typeof CURSOR>,
  { sort, sign, valueOf }: {
    sort: MarketSort;
    sign: number;
    valueOf: (listed: ListedMarket) => SortValue;
  },
): number {
  const same = all.findIndex(({ market }) => market.symbol === symbol && market.feed.id === feed);
  // The environment's order is stable: continue after that market.
  if (sort === "environment" && same >= 0) return same + 1;
  // It may have left the list meanwhile, such as that of open markets: then where it was.
  const start = sort === "environment"
    ? all.findIndex(({ offset }) => (offset - Number(value)) * sign >= 0)
    : all.findIndex((listed) =>
      (compareValues(valueOf(listed), value, sign) || compareName(listed, feed, symbol)) > 0
    );
  return start < 0 ? all.length : start;
}

function sortValue({ market, types, offset }: ListedMarket, sort: MarketSort): SortValue {
  if (sort === "symbol") return market.symbol;
  if (sort === "updated") return updatedUsOf(market, types) || null;
  if (sort === "volume_24h") {
    return includes(types, "ticker") ? market.ticker?.volume24h ?? null : null;
  }
  if (sort === "last_price") return marketSummary(market, types, undefined).last_price;
  return offset;
}

/** Compares values; unknown ones come last in either direction. */
function compareValues(a: SortValue, b: SortValue, sign: number): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return (a < b ? -1 : 1) * sign;
}

function compareNames(a: ListedMarket, b: ListedMarket): number {
  return compareName(a, b.market.feed.id, b.market.symbol);
}

function compareName({ market }: ListedMarket, feed: string, symbol: string): number {
  if (market.symbol !== symbol) return market.symbol < symbol ? -1 : 1;
  return market.feed.id < feed ? -1 : market.feed.id > feed ? 1 : 0;
}

/** Returns the summaries of a page. */
export function summariesOf(
  page: readonly ListedMarket[],
  feedInfo: ReadonlyMap<string, FeedInfo>,
): MarketSummary[] {
  return page.map(({ market, types }) =>
    marketSummary(market, types, feedInfo.get(market.feed.id))
  );
}

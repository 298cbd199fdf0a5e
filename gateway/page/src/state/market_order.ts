import { changeOf, type MarketRow } from "./market_row.ts";

/** Sort keys of the list. */
const SORTS = ["listed", "symbol", "last", "change", "volume", "updated"] as const;
/** Sort key; `listed` = the environment's order. */
export type Sort = typeof SORTS[number];

/** Filter and order of the list. */
export interface Listing {
  search: string;
  /** "" = all. */
  feed: string;
  sort: Sort;
  descending: boolean;
}

/** Filters and sorts markets; unknown values come last in both directions. */
export function arrangeMarkets(rows: Iterable<MarketRow>, listing: Listing): MarketRow[] {
  const words = listing.search.toUpperCase().split(/\s+/).filter((word) => word !== "");
  const found: MarketRow[] = [];
  for (const row of rows) {
    if (listing.feed !== "" && row.feed !== listing.feed) continue;
    if (words.every((word) => isAbout(row, word))) found.push(row);
  }
  const { sort, descending } = listing;
  if (sort === "listed") return descending ? found.reverse() : found;
  const sign = descending ? -1 : 1;
  return found.sort((a, b) => compare(valueOf(a, sort), valueOf(b, sort), sign));
}

/** Returns true for keys whose order changes with the market. */
export function isMoving(sort: Sort): boolean {
  return sort !== "listed" && sort !== "symbol";
}

function isAbout({ symbol, external, feed, state }: MarketRow, word: string): boolean {
  return symbol.toUpperCase().includes(word) || external.toUpperCase().includes(word) ||
    feed.toUpperCase() === word || state.toUpperCase() === word;
}

function valueOf(row: MarketRow, sort: Sort): string | number | null {
  switch (sort) {
    case "symbol":
      return row.symbol;
    case "last":
      return row.last;
    case "change":
      return changeOf(row);
    case "volume":
      return row.volume;
    case "updated":
      return row.updatedMs;
    case "listed":
      return null;
  }
}

function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return (a < b ? -1 : 1) * sign;
}

import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { type Access, ALL_TYPES } from "../access/access.ts";
import type { Market, MarketFeed } from "./market.ts";
import type { MarketData } from "./market_data.ts";

/**
 * The state as visible to one caller: without markets and types it is not entitled to. Answers from
 * here cannot reveal hidden data.
 */
export class EntitledMarkets {
  #data: MarketData;
  #access: Access;

  constructor(data: MarketData, access: Access) {
    this.#data = data;
    this.#access = access;
  }

  /** Yields feeds of which the caller may see anything. */
  *feeds(): Generator<MarketFeed> {
    for (const feed of this.#data.feeds.values()) if (this.#access.seesFeed(feed.id)) yield feed;
  }

  /** Yields markets of which it may see anything, feed by feed. */
  *markets(): Generator<Market> {
    for (const feed of this.feeds()) yield* this.marketsOf(feed);
  }

  /** Yields markets of a feed of which it may see anything. */
  *marketsOf(feed: MarketFeed): Generator<Market> {
    for (const market of feed.markets.values()) if (this.typesOf(market) !== 0) yield market;
  }

  /** Returns the market of a symbol; undefined = none for this caller. */
  market(symbol: string): Market | undefined {
    let hidden = false;
    for (const feed of this.#data.feeds.values()) {
      const market = feed.markets.get(symbol);
      if (market === undefined) continue;
      if (this.typesOf(market) !== 0) return market;
      hidden = true;
    }
    if (hidden) this.#access.auditHidden(symbol);
    return undefined;
  }

  /** Returns the bits of a market's visible types. */
  typesOf(market: Market): number {
    return this.#access.typesOf(market.feed.id, market.symbol);
  }

  /** Whether a type of a market is visible. */
  seesType(market: Market, type: EventType): boolean {
    return (this.typesOf(market) & (1 << EVENT_TYPES.indexOf(type))) !== 0;
  }

  /** Whether all types of all markets are visible, so that the feed's totals reveal nothing hidden. */
  seesAllOf(feed: MarketFeed): boolean {
    return this.typesOfAll(feed) === ALL_TYPES;
  }

  /** Returns the bits of the types that are visible of every market of a feed. */
  typesOfAll(feed: MarketFeed): number {
    return this.#access.typesOf(feed.id, ANY_SYMBOL);
  }

  /** Audits a request for an existing name that is hidden. */
  auditHidden(what: string): void {
    this.#access.auditHidden(what);
  }
}

/** Prefix of no symbol, so only an entitlement to `*` matches it. */
const ANY_SYMBOL = "\u0000";

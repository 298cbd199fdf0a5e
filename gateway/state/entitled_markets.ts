import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Access } from "../access/access.ts";
import type { Market, MarketFeed } from "./market.ts";
import type { MarketData } from "./market_data.ts";

/**
 * The state as one caller may see it: what it is not entitled to is not in it. Whatever is answered
 * from here cannot tell that anything else is there.
 */
export class EntitledMarkets {
  #data: MarketData;
  #access: Access;

  constructor(data: MarketData, access: Access) {
    this.#data = data;
    this.#access = access;
  }

  /** Feeds of which it may see anything. */
  *feeds(): Generator<MarketFeed> {
    for (const feed of this.#data.feeds.values()) if (this.#access.seesFeed(feed.id)) yield feed;
  }

  /** Markets of which it may see anything, feed by feed. */
  *markets(): Generator<Market> {
    for (const feed of this.feeds()) yield* this.marketsOf(feed);
  }

  /** Markets of a feed of which it may see anything. */
  *marketsOf(feed: MarketFeed): Generator<Market> {
    for (const market of feed.markets.values()) if (this.typesOf(market) !== 0) yield market;
  }

  /** The market of a symbol; undefined = there is none for this caller. */
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

  /** Bits of the types of a market that it may see. */
  typesOf(market: Market): number {
    return this.#access.typesOf(market.feed.id, market.symbol);
  }

  /** Whether it may see a type of a market. */
  seesType(market: Market, type: EventType): boolean {
    return (this.typesOf(market) & (1 << EVENT_TYPES.indexOf(type))) !== 0;
  }

  /** Whether all of a feed is visible: its totals then reveal nothing hidden. */
  seesAllOf(feed: MarketFeed): boolean {
    return this.#access.typesOf(feed.id, ANY_SYMBOL) !== 0;
  }

  /** Audits a request for an existing name that is hidden. */
  auditHidden(what: string): void {
    this.#access.auditHidden(what);
  }
}

/** Begins no symbol, so that only an entitlement to `*` fits it. */
const ANY_SYMBOL = "\u0000";

import type { BookSide } from "@ssmd/market";
import { msOfUs } from "../stream/record_json.ts";
import type { Market, MarketFeed } from "../state/market.ts";

/** A market in a list. */
export function marketSummary(market: Market): Record<string, unknown> {
  const { book, ticker } = market;
  const live = market.bookState === "live";
  return {
    symbol: market.symbol,
    feed: market.feed.id,
    external: market.external || null,
    state: market.status?.state ?? "unknown",
    last_price: market.lastPrice,
    bid_price: (live ? book.bids.prices[0] : undefined) ?? ticker?.bidPrice ?? null,
    ask_price: (live ? book.asks.prices[0] : undefined) ?? ticker?.askPrice ?? null,
    volume_24h: ticker?.volume24h ?? null,
    updated: msOfUs(market.updatedAtUs),
    book: market.bookState,
    gap: gapView(market.openGap),
  };
}

/** All that is known of a market now. */
export function marketDetails(market: Market): Record<string, unknown> {
  const { book, ticker, status } = market;
  const bid = book.bids.prices[0];
  const ask = book.asks.prices[0];
  const path = `/v1/markets/${encodeURIComponent(market.symbol)}`;
  return {
    ...marketSummary(market),
    open_interest: ticker?.openInterest ?? null,
    result: status?.result || null,
    trades_seen: market.tradeCount,
    order_book: {
      state: market.bookState,
      best_bid: levelOf(book.bids),
      best_ask: levelOf(book.asks),
      mid: bid === undefined || ask === undefined ? null : (bid + ask) / 2,
      bid_levels: book.bids.length,
      ask_levels: book.asks.length,
      depth: market.depth,
      checksum: market.checksum,
      sequence: market.bookSequence,
    },
    _links: {
      self: path,
      trades: `${path}/trades`,
      orderbook: `${path}/orderbook`,
      stream: `/v1/stream?symbols=${encodeURIComponent(market.symbol)}`,
    },
  };
}

/** A feed's health. */
export function feedView(feed: MarketFeed): Record<string, unknown> {
  let pending = 0;
  for (const market of feed.markets.values()) if (market.bookState !== "live") pending++;
  return {
    feed: feed.id,
    markets: feed.markets.size,
    books_pending: pending,
    records: feed.records,
    records_per_second: feed.recordsPerSecond,
    updated: msOfUs(feed.updatedAtUs),
    gap: gapView(feed.gap),
  };
}

function gapView(gap: Market["gap"]) {
  if (gap === undefined) return null;
  return { reason: gap.reason, from: msOfUs(gap.fromUs), detail: gap.detail };
}

function levelOf(side: BookSide): [number, number] | null {
  const price = side.prices[0];
  return price === undefined ? null : [price, side.sizes[0] ?? 0];
}

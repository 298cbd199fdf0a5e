import { nowUs } from "@ssmd/runtime";
import { ALL_SYMBOLS, type BookSide } from "@ssmd/market";
import type { CaptureReport } from "@ssmd/market/capture_report";
import { ALL_TYPES } from "../access/access.ts";
import type { FeedCapture } from "../bus/capture_reports.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market, MarketFeed } from "../state/market.ts";
import type { EntitledMarkets } from "../state/entitled_markets.ts";
import { msOfUs } from "@ssmd/codec";
import type { z } from "zod";
import { midOf, round } from "./decimals.ts";
import type { FeedInfo } from "./feed_info.ts";
import { includes } from "./market_lookup.ts";
import type { FEED_HEALTH, MARKET } from "./schemas/market.ts";

/** Levels per side used for the imbalance. */
const IMBALANCE_LEVELS = 10;

/** Returns a market's best bid and ask, from its book if it is live, else from its ticker. */
export function quoteOf({ market, types }: { market: Market; types: number }) {
  const { book } = market;
  if (market.bookState === "live" && includes(types, "orderbook")) {
    return {
      source: "orderbook" as const,
      bid: levelOf(book.bids),
      ask: levelOf(book.asks),
      atUs: market.bookReceivedAtUs,
    };
  }
  const ticker = includes(types, "ticker") ? market.ticker : undefined;
  if (ticker === undefined) return { source: null, bid: null, ask: null, atUs: 0 };
  const { bidPrice, bidSize, askPrice, askSize, receivedAtUs } = ticker;
  const bid: [number, number | null] | null = bidPrice === null ? null : [bidPrice, bidSize];
  const ask: [number, number | null] | null = askPrice === null ? null : [askPrice, askSize];
  return { source: "ticker" as const, bid, ask, atUs: receivedAtUs };
}

/** Returns the status of a market; undefined when its type is not visible. */
export function statusOf(market: Market, types: number): Market["status"] {
  return includes(types, "status") ? market.status : undefined;
}

/** Returns the state of a market as far as it is known and visible. */
export function stateOf(market: Market, types: number) {
  const status = statusOf(market, types);
  const sinceUs = includes(types, "status") ? market.statusUnknownSinceUs : 0;
  return {
    state: sinceUs > 0 ? "unknown" as const : status?.state ?? "unknown",
    state_unknown_since: sinceUs > 0 ? msOfUs(sinceUs) : null,
  };
}

/** Returns a market's book state; "unconfirmed" for an empty book of a market that may be over. */
export function bookStateOf(market: Market) {
  return market.mayBeOver ? "unconfirmed" as const : market.bookState;
}

/** Returns the receive time of the newest record of the visible types, µs; 0 = none yet. */
export function updatedUsOf(market: Market, types: number): number {
  if (types === ALL_TYPES) return market.updatedAtUs;
  const { trades, ticker, status, bookReceivedAtUs } = market;
  return Math.max(
    includes(types, "trade") ? trades.at(-1)?.receivedAtUs ?? 0 : 0,
    includes(types, "ticker") ? ticker?.receivedAtUs ?? 0 : 0,
    includes(types, "orderbook") ? bookReceivedAtUs : 0,
    includes(types, "status") ? status?.receivedAtUs ?? 0 : 0,
  );
}

/** A market in a list. */
export type MarketSummary = z.output<typeof MARKET>;

/** Returns the summary of a market, limited to the types visible to the caller. */
export function marketSummary(
  market: Market,
  types: number,
  feedInfo: FeedInfo | undefined,
): MarketSummary {
  const ticker = includes(types, "ticker") ? market.ticker : undefined;
  const quote = quoteOf({ market, types });
  const last = includes(types, "trade") ? market.trades.at(-1) : undefined;
  return {
    symbol: market.symbol,
    feed: market.feed.id,
    external: market.external || null,
    type: feedInfo?.type ?? null,
    ...stateOf(market, types),
    last_price: last?.price ?? ticker?.lastPrice ?? null,
    bid_price: quote.bid?.[0] ?? null,
    ask_price: quote.ask?.[0] ?? null,
    volume_24h: ticker?.volume24h ?? null,
    updated: msOfUs(updatedUsOf(market, types)),
    book: includes(types, "orderbook") ? bookStateOf(market) : null,
    gap: gapView(market.openGap),
  };
}

/** Returns figures of the book. */
export function bookView(market: Market) {
  const { book } = market;
  const [bid, ask] = [levelOf(book.bids), levelOf(book.asks)];
  const bidSize = sizeOf(book.bids);
  const askSize = sizeOf(book.asks);
  return {
    state: bookStateOf(market),
    best_bid: bid,
    best_ask: ask,
    mid: bid === null || ask === null ? null : midOf(bid[0], ask[0]),
    bid_levels: book.bids.length,
    ask_levels: book.asks.length,
    bid_size: bidSize,
    ask_size: askSize,
    imbalance: bidSize + askSize > 0 ? round((bidSize - askSize) / (bidSize + askSize), 4) : null,
    crossed: book.crossed,
    depth: market.depth,
    checksum: market.checksum,
    sequence: market.bookSequence,
  };
}

/** Returns a feed's health; its totals are null unless the caller may see the whole feed. */
export function feedView(
  feed: MarketFeed,
  visible: EntitledMarkets,
  { report, shards }: FeedCapture,
): z.output<typeof FEED_HEALTH> {
  const whole = visible.seesAllOf(feed);
  let markets = 0;
  let pending = 0;
  for (const market of visible.marketsOf(feed)) {
    markets++;
    const isAwaited = market.bookState === "pending" && market.takenOff === undefined;
    if (isAwaited && visible.seesType(market, "orderbook")) pending++;
  }
  return {
    feed: feed.id,
    markets,
    books_pending: pending,
    records: whole ? feed.records : null,
    records_per_second: whole ? feed.recordsPerSecond : null,
    updated: msOfUs(feed.updatedAtUs),
    connection: { ...connectionView(feed), next_try: report?.nextTryMs ?? null },
    subscriptions: report === undefined ? null : subscriptionsView(report, feed, visible),
    shards: whole ? shards : [],
    gap: gapView(feed.gap),
  };
}

/** Returns the missing subscriptions that are visible to the caller. */
function subscriptionsView(report: CaptureReport, feed: MarketFeed, visible: EntitledMarkets) {
  const whole = visible.seesAllOf(feed);
  const list = report.away.filter(({ symbol, channel }) => {
    if (symbol === ALL_SYMBOLS || channel === "all") return whole;
    const market = feed.markets.get(symbol);
    return market !== undefined && visible.seesType(market, channel);
  });
  return {
    away: whole ? report.awayCount : null,
    list: list.map(({ symbol, channel, why, isRefused, sinceMs, nextTryMs }) => ({
      ...{ symbol, channel, why, refused: isRefused, since: sinceMs, next_try: nextTryMs },
    })),
  };
}

function connectionView(feed: MarketFeed) {
  const connection = feed.connectionAt(nowUs(), GATEWAY_LIMITS.staleAfterMs * 1000);
  const { state, why, sinceUs } = connection;
  return { state, why: why || null, since: msOfUs(sinceUs) };
}

/** Returns the open gap. */
export function gapView(gap: Market["openGap"]) {
  if (gap === undefined) return null;
  return { reason: gap.reason, channel: gap.channel, from: msOfUs(gap.fromUs), detail: gap.detail };
}

function levelOf(side: BookSide): [number, number] | null {
  const price = side.prices[0];
  return price === undefined ? null : [price, side.sizes[0] ?? 0];
}

function sizeOf(side: BookSide): number {
  let size = 0;
  const count = Math.min(IMBALANCE_LEVELS, side.length);
  for (let i = 0; i < count; i++) size += side.sizes[i] as number;
  return Number(size.toPrecision(12));
}

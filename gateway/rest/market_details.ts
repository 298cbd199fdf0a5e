import type { EventType } from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import type { FeedInfo } from "./feed_info.ts";
import { hintsOf } from "./market_hints.ts";
import { includes } from "./market_lookup.ts";
import { decimalsOf, differenceOf, midOf } from "./decimals.ts";
import { bookView, gapView, marketSummary, quoteOf, statusOf, updatedUsOf } from "./market_view.ts";
import { msOfUs } from "@ssmd/codec";
import type { MarketDetails } from "./schemas/market.ts";

/** Input of {@linkcode marketDetails}. */
interface DetailsSource {
  market: Market;
  /** Bits of the record types visible to the caller. */
  types: number;
  feedInfo: FeedInfo | undefined;
  /** Current time, µs. */
  nowUs: number;
  /** Number of gap records of this market and its feed in memory. */
  gapsRecent: number;
}

type QualityState = MarketDetails["quality"]["state"];

/** Returns everything known about a market now, as a self-contained answer. */
export function marketDetails(source: DetailsSource): MarketDetails {
  const { market, types, feedInfo, nowUs } = source;
  const summary = marketSummary(market, types, feedInfo);
  const ticker = includes(types, "ticker") ? market.ticker : undefined;
  const details = {
    ...summary,
    as_of: nowUs / 1000,
    open_interest: ticker?.openInterest ?? null,
    result: statusOf(market, types)?.result || null,
    trades_seen: includes(types, "trade") ? market.tradeCount : 0,
    price: priceOf(source),
    order_book: includes(types, "orderbook") ? bookView(market) : null,
    contract: {
      type: summary.type,
      venue: feedInfo?.name ?? null,
      venue_symbol: summary.external,
      price_unit: feedInfo?.type === "prediction" ? "dollars of YES, 0 to 1" : "quote currency",
      ...stepsSeen(source),
      result: statusOf(market, types)?.result || null,
      open_interest: ticker?.openInterest ?? null,
    },
    quality: qualityOf(source),
    _links: linksOf(market, types),
  };
  return { ...details, _hints: hintsOf(details, hiddenTypes(types)) };
}

/** Returns the types of a market's data that the caller may not see. */
function hiddenTypes(types: number): EventType[] {
  return (["trade", "ticker", "orderbook", "status"] as const)
    .filter((type) => !includes(types, type));
}

function priceOf(source: DetailsSource) {
  const { nowUs } = source;
  const { bid, ask, source: from, atUs } = quoteOf(source);
  const mid = bid === null || ask === null ? null : midOf(bid[0], ask[0]);
  const spread = bid === null || ask === null ? null : differenceOf(ask[0], bid[0]);
  return {
    bid: bid && { price: bid[0], size: bid[1] },
    ask: ask && { price: ask[0], size: ask[1] },
    mid,
    spread,
    spread_bps: mid && spread !== null ? Math.round(spread / mid * 1e6) / 100 : null,
    source: from,
    age_ms: ageMs(nowUs, atUs),
    last: lastOf(source),
  };
}

function lastOf({ market, types, nowUs }: DetailsSource) {
  const trade = includes(types, "trade") ? market.trades.at(-1) : undefined;
  if (trade !== undefined) {
    const { price, size, side, timestampUs, receivedAtUs } = trade;
    return { price, size, side, ts: msOfUs(timestampUs), age_ms: ageMs(nowUs, receivedAtUs) };
  }
  const ticker = includes(types, "ticker") ? market.ticker : undefined;
  if (ticker === undefined || ticker.lastPrice === null) return null;
  const { lastPrice: price, lastSize: size } = ticker;
  // The ticker has no time of the last trade.
  return { price, size, side: "unknown" as const, ts: null, age_ms: null };
}

function qualityOf({ market, types, nowUs, gapsRecent }: DetailsSource) {
  const feedAgeMs = ageMs(nowUs, market.feed.updatedAtUs);
  return {
    state: qualityState(market, types, nowUs),
    age_ms: ageMs(nowUs, updatedUsOf(market, types)),
    feed_age_ms: feedAgeMs,
    lag_ms: lagMs(market, types),
    gap: gapView(market.openGap),
    gaps_recent: gapsRecent,
    trades_seen: includes(types, "trade") ? market.tradeCount : 0,
  };
}

function qualityState(market: Market, types: number, nowUs: number): QualityState {
  const seesEnd = includes(types, "orderbook") || includes(types, "status");
  if (market.bookState === "ended" && seesEnd) return "ended";
  if (market.openGap !== undefined) return "suspect";
  const updatedUs = updatedUsOf(market, types);
  if (updatedUs === 0) return "empty";
  const staleUs = GATEWAY_LIMITS.staleAfterMs * 1000;
  if (nowUs - market.feed.updatedAtUs > staleUs) return "stale";
  const hasBook = market.bookSequence > 0 || market.held.length > 0;
  if (includes(types, "orderbook") && market.mayBeOver) return "unconfirmed";
  if (includes(types, "orderbook") && hasBook && market.bookState === "pending") return "suspect";
  return nowUs - updatedUs > staleUs ? "quiet" : "live";
}

/** Returns the lag from the venue's time to receipt, ms, of the newest visible record. */
function lagMs(market: Market, types: number): number | null {
  let newest = { timestampUs: 0, receivedAtUs: 0 };
  const book = { timestampUs: market.bookTimestampUs, receivedAtUs: market.bookReceivedAtUs };
  const records = { orderbook: book, trade: market.trades.at(-1), ticker: market.ticker };
  for (const type of ["orderbook", "trade", "ticker"] as const) {
    const record = includes(types, type) ? records[type] : undefined;
    if (record !== undefined && record.receivedAtUs > newest.receivedAtUs) newest = record;
  }
  if (newest.timestampUs === 0 || newest.receivedAtUs === 0) return null;
  return (newest.receivedAtUs - newest.timestampUs) / 1000;
}

function ageMs(nowUs: number, atUs: number): number | null {
  return atUs === 0 ? null : Math.max(0, Math.round((nowUs - atUs) / 1000));
}

/** Returns the smallest seen steps: the venue's own may be smaller, never larger. */
function stepsSeen({ market, types }: DetailsSource) {
  const prices: number[] = [];
  const sizes: number[] = [];
  if (includes(types, "orderbook")) {
    for (const side of [market.book.bids, market.book.asks]) {
      prices.push(...side.prices.slice(0, 50));
      sizes.push(...side.sizes.slice(0, 50));
    }
  }
  if (includes(types, "trade")) {
    for (const { price, size } of market.trades.slice(-50)) {
      prices.push(price);
      sizes.push(size);
    }
  }
  return { price_step_seen: stepOf(prices), size_step_seen: stepOf(sizes) };
}

function stepOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Number(`1e-${Math.max(...values.map(decimalsOf))}`);
}

function linksOf({ symbol, feed }: Market, types: number): Record<string, string> {
  const path = `/v1/markets/${encodeURIComponent(symbol)}`;
  const links: Record<string, string> = { self: path };
  if (includes(types, "trade")) {
    links["trades"] = `${path}/trades`;
    links["candles"] = `${path}/candles?interval=1m`;
  }
  if (includes(types, "ticker")) links["tickers"] = `${path}/tickers`;
  if (includes(types, "orderbook")) links["orderbook"] = `${path}/orderbook`;
  links["gaps"] = `/v1/gaps?symbol=${encodeURIComponent(symbol)}`;
  links["feed"] = `/v1/markets?feed=${encodeURIComponent(feed.id)}`;
  links["stream"] = `/v1/stream?symbols=${encodeURIComponent(symbol)}`;
  links["docs"] = "/docs";
  return links;
}

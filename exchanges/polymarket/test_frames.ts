import assert from "node:assert/strict";
import type { MarketEvent } from "@ssmd/market";
import type { Normalized, Normalizer } from "../adapter.ts";
import { polymarket } from "./venue.ts";

/** Tokens of one market, as the venue writes them. */
export const YES = "33339798123456789012345678901234567890123456789012345678901234567890123456789";
/** The other outcome. */
export const NO = "10405776123456789012345678901234567890123456789012345678901234567890123456789";
/** Its condition id. */
export const MARKET = "0xefa17d00000000000000000000000000000000000000000000000000000000aa";
/** Environment's names. */
export const SPECS = [
  { symbol: "RAIN-YES", external: YES },
  { symbol: "RAIN-NO", external: NO },
] as const;

/** A time of the tests, µs. */
export const AT_US = 1_790_491_136_945_000;

/** A normalizer on an open connection. */
export function connectedNormalizer(specs = [...SPECS]): Normalizer {
  const version = polymarket.normalizers.at(-1);
  assert.ok(version);
  const normalizer = version.create({ feed: "polymarket", symbols: specs });
  normalizer.subscribe();
  normalizer.connected(AT_US - 1_000_000);
  return normalizer;
}

/** Gives a frame's value. */
export function feed(normalizer: Normalizer, value: unknown, atUs = AT_US): Normalized {
  const text = JSON.stringify(value) ?? "null";
  return normalizer.normalize(JSON.parse(text), text, atUs);
}

/** A whole book; levels in the venue's order, the best last. */
export function bookOf(
  token: string,
  bids: readonly (readonly [string, string])[],
  asks: readonly (readonly [string, string])[],
): Record<string, unknown> {
  const side = (levels: readonly (readonly [string, string])[]) =>
    levels.map(([price, size]) => ({ price, size }));
  return {
    market: MARKET,
    asset_id: token,
    timestamp: "1790491136945",
    hash: "460316ce02d5128c46e7255bca8f72dd8ad43065",
    bids: side(bids),
    asks: side(asks),
    event_type: "book",
  };
}

/** A change of a level, with the best prices after it. */
export function changeOf(
  token: string,
  level: readonly [side: "BUY" | "SELL", price: string, size: string],
  best: readonly [bid: string, ask: string],
): Record<string, unknown> {
  const [side, price, size] = level;
  const [best_bid, best_ask] = best;
  return { asset_id: token, price, size, side, hash: "189e0fd1", best_bid, best_ask };
}

/** Changes in one frame. */
export function changesFrame(changes: readonly Record<string, unknown>[]): Record<string, unknown> {
  return {
    market: MARKET,
    price_changes: changes,
    timestamp: "1790491136945",
    event_type: "price_change",
  };
}

/** Events in short. */
export function brief(events: readonly MarketEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "orderbook") return `${event.kind} ${event.symbol}`;
    if (event.type === "status") return `status ${event.symbol} ${event.state}`;
    if (event.type !== "gap") return `${event.type} ${event.symbol}`;
    const about = `${event.symbol} ${event.channel} ${event.reason}`;
    return `gap ${about}${event.recovered ? " recovered" : event.toUs === 0 ? " open" : ""}`;
  });
}

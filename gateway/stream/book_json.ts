import { msOfUs } from "@ssmd/codec";
import type { Market } from "../state/market.ts";

/** Returns `[[price,size],…]` of one side of a book, at most `depth` levels (0 = all). */
export function sideJson(
  side: { readonly prices: number[]; readonly sizes: number[] },
  depth = 0,
): string {
  const count = depth === 0 ? side.prices.length : Math.min(depth, side.prices.length);
  let text = "[";
  for (let i = 0; i < count; i++) {
    text += `${i === 0 ? "" : ","}[${side.prices[i]},${side.sizes[i]}]`;
  }
  return text + "]";
}

/** Returns `,"pos":…` of a stream position; empty for 0 (none). */
export function positionJson(position: number): string {
  return position === 0 ? "" : `,"pos":${position}`;
}

/** Returns the whole book of a market as a snapshot message, as of its last record. */
export function bookStateJson(market: Market, prefix: string, extra = ""): string {
  return `{"type":"orderbook","kind":"snapshot",${prefix},"bids":${
    sideJson(market.book.bids)
  },"asks":${
    sideJson(market.book.asks)
  },"depth":${market.depth},"checksum":"${market.checksum}","ts":${
    msOfUs(market.bookTimestampUs)
  },"recv_ts":${msOfUs(market.bookReceivedAtUs)},"seq":${market.bookSequence}${extra}}`;
}

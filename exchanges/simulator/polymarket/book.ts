import { createHash } from "node:crypto";
import { type BookSideName, textOfSteps } from "@ssmd/market";
import type { ModelMarket } from "../model/market.ts";

/** Terms of all simulated markets; their lowest price is a tick. */
const TERMS = { min_order_size: "5", neg_risk: false } as const;

/** A token's whole book in REST's format, with the venue's hash of exactly this JSON. */
export interface BookSummary {
  market: string;
  asset_id: string;
  timestamp: string;
  hash: string;
  bids: { price: string; size: string }[];
  asks: { price: string; size: string }[];
  min_order_size: string;
  tick_size: string;
  neg_risk: boolean;
  last_trade_price: string;
}

/** Book of a market with this condition id. */
export function bookSummary(market: ModelMarket, condition: string, nowUs: number): BookSummary {
  const { priceDecimals, sizeDecimals, external } = market.spec;
  const side = (name: BookSideName) => {
    const { prices, sizes } = market.book[name];
    return prices.map((price, i) => ({
      price: plainText(price, priceDecimals),
      size: plainText(sizes[i] ?? 0, sizeDecimals),
    })).reverse();
  };
  const summary = {
    ...{ market: condition, asset_id: external, timestamp: timeText(nowUs), hash: "" },
    ...{ bids: side("bids"), asks: side("asks"), min_order_size: TERMS.min_order_size },
    ...{ tick_size: plainText(market.spec.priceMin, priceDecimals), neg_risk: TERMS.neg_risk },
    last_trade_price: textOfSteps(market.lastPrice, priceDecimals),
  };
  return { ...summary, hash: createHash("sha1").update(JSON.stringify(summary)).digest("hex") };
}

/** Time in ms. */
export function timeText(us: number): string {
  return String(Math.floor(us / 1000));
}

/** Shortest plain decimal. */
export function plainText(steps: number, decimals: number): string {
  return textOfSteps(steps, decimals).replace(/\.?0+$/, "") || "0";
}

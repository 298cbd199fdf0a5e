import { ContractPrice } from "../model/fair_price.ts";
import type { MarketSpec } from "../model/market.ts";
import { hashText } from "../model/prng.ts";

/** Price steps of one dollar: tenths of a cent. */
const DOLLAR = 1000;

/** Tokens of a model when none are named: made up, as long as the venue's. */
export const POLYMARKET_SYMBOLS: readonly { external: string; price?: number }[] = [
  { external: "7".repeat(77), price: 0.34 },
  { external: "10".repeat(38), price: 0.61 },
  { external: "55".repeat(38), price: 0.12 },
];

/** What the market of an outcome's token is like. Sizes are hundredths of a share. */
export function polymarketMarket(
  { external, price }: { external: string; price?: number },
): MarketSpec {
  return {
    ...{ external, priceDecimals: 3, sizeDecimals: 2, priceMin: 1, priceMax: DOLLAR - 1 },
    quantize: (steps) => steps,
    neighbour: (steps, direction) => steps + direction,
    fair: new ContractPrice(price ?? 0.1 + (hashText(external) % 80) / 100, DOLLAR, 0.015),
    ...{ spacing: 6, typicalSize: 20_000, lot: 100, levels: 40 },
  };
}

import { ContractPrice } from "../model/fair_price.ts";
import type { MarketSpec } from "../model/market.ts";
import { hashText } from "../model/prng.ts";

/** Price steps of one dollar: tenths of a cent. */
const DOLLAR = 1000;
/** Prices are whole cents, and tenths once a trade was beyond these. */
const [FINER_BELOW, FINER_ABOVE] = [40, 960];

/** Whether a trade at this price makes the tick finer. */
export function wantsFinerTick(price: number): boolean {
  return price < FINER_BELOW || price > FINER_ABOVE;
}

/** Default tokens of a model: made up, as long as the venue's. */
export const POLYMARKET_SYMBOLS: readonly { external: string; price?: number }[] = [
  { external: "7".repeat(77), price: 0.34 },
  { external: "10".repeat(38), price: 0.61 },
  { external: "55".repeat(38), price: 0.045 },
];

/** Creates the spec of an outcome token's market. Sizes are hundredths of a share. */
export function polymarketMarket(
  { external, price }: { external: string; price?: number },
): MarketSpec {
  const start = price ?? 0.1 + (hashText(external) % 80) / 100;
  let tick = wantsFinerTick(start * DOLLAR) ? 1 : 10;
  return {
    ...{ external, priceDecimals: 3, sizeDecimals: 2, spacing: 6, typicalSize: 20_000, lot: 100 },
    get priceMin() {
      return tick;
    },
    get priceMax() {
      return DOLLAR - tick;
    },
    quantize: (steps) => Math.floor(steps / tick) * tick,
    neighbour: (steps, direction) => steps + direction * tick,
    restructure: (tickSize) => tick = Math.round(Number(tickSize) * DOLLAR),
    fair: new ContractPrice(start, DOLLAR, 0.015),
    levels: 40,
  };
}

import { hashText } from "../model/prng.ts";
import type { MarketSpec } from "../model/market.ts";
import { AssetPrice } from "../model/fair_price.ts";

/** Options of a pair; absent ones are derived. */
export interface KrakenSymbolOptions {
  /** The venue's symbol, `BTC/USD`. */
  external: string;
  /** Initial price, in quote currency. */
  price?: number;
  /** Decimals of a price. */
  priceDecimals?: number;
  /** Decimals of a size; default 8. */
  sizeDecimals?: number;
}

/** Initial prices and price decimals of well-known pairs. */
const KNOWN: Readonly<Record<string, readonly [number, number]>> = {
  "BTC/USD": [64_250, 1],
  "ETH/USD": [1_880, 2],
  "SOL/USD": [148, 2],
  "XRP/USD": [2.31, 5],
  "ADA/USD": [0.71, 6],
  "DOGE/USD": [0.182, 7],
};

/** Default pairs of a model. */
export const KRAKEN_SYMBOLS: readonly KrakenSymbolOptions[] = Object.keys(KNOWN).map((
  external,
) => ({ external }));

function decimalsFor(price: number): number {
  return Math.min(8, Math.max(1, 5 - Math.floor(Math.log10(price))));
}

/** Creates the spec of a pair's market. Size decimals default to 8. */
export function krakenMarket(options: KrakenSymbolOptions): MarketSpec {
  const [knownPrice, knownDecimals] = KNOWN[options.external] ?? [];
  const price = options.price ?? knownPrice ?? 1 + hashText(options.external) % 500;
  const priceDecimals = options.priceDecimals ?? knownDecimals ?? decimalsFor(price);
  const sizeDecimals = options.sizeDecimals ?? 8;
  const start = Math.round(price * 10 ** priceDecimals);
  const typicalSize = Math.max(1, Math.round(1500 / price * 10 ** sizeDecimals));
  return {
    external: options.external,
    priceDecimals,
    sizeDecimals,
    priceMin: 1,
    priceMax: start * 1000,
    quantize: (steps) => steps,
    neighbour: (steps, direction) => steps + direction,
    fair: new AssetPrice(start, 6e-5),
    spacing: Math.max(2, Math.round(start * 4e-5)),
    typicalSize,
    lot: Math.max(1, 10 ** Math.floor(Math.log10(typicalSize))),
    levels: 1150,
  };
}

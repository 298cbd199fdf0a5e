import type { MarketSpec } from "../model/market.ts";
import { ContractPrice } from "../model/fair_price.ts";
import { hashText } from "../model/prng.ts";

/** Price steps of one dollar: tenths of a cent. */
export const DOLLAR = 1000;

/** Price grids of the venue: whole cents, tenths, or tenths only below 10 and above 90 cents. */
const PRICE_STRUCTURES = ["linear_cent", "deci_cent", "tapered_deci_cent"] as const;

/** A price grid. */
type PriceStructure = typeof PRICE_STRUCTURES[number];

/** Options of a market; absent ones are derived. */
export interface KalshiSymbolOptions {
  /** Market ticker. */
  external: string;
  /** Initial YES price, dollars. */
  price?: number;
  /** Price grid. */
  structure?: PriceStructure;
}

/** Default markets of a model: made-up series, tickers with dots. */
export const KALSHI_SYMBOLS: readonly KalshiSymbolOptions[] = [
  { external: "KXSIMBTC-26DEC31-T99999.99", price: 0.34, structure: "tapered_deci_cent" },
  { external: "KXSIMBTC-26DEC31-T89999.99", price: 0.61, structure: "tapered_deci_cent" },
  { external: "KXSIMETH-26DEC31-T4999.99", price: 0.12, structure: "deci_cent" },
  { external: "KXSIMRAIN-26DEC31-B0.5", price: 0.48, structure: "linear_cent" },
  { external: "KXSIMFED-26DEC-T3.75", price: 0.87, structure: "linear_cent" },
];

/** Price ranges that the venue announces of a grid, dollars. */
export function gridOf(structure = "linear_cent") {
  const range = (start: string, end: string, step: string) => ({ start, end, step });
  const price_ranges = structure === "linear_cent"
    ? [range("0.0000", "1.0000", "0.0100")]
    : structure === "deci_cent"
    ? [range("0.0000", "1.0000", "0.0010")]
    : [
      range("0.0000", "0.1000", "0.0010"),
      range("0.1000", "0.9000", "0.0100"),
      range("0.9000", "1.0000", "0.0010"),
    ];
  return { price_level_structure: structure, price_ranges };
}

function coarse(structure: PriceStructure, price: number): boolean {
  if (structure === "tapered_deci_cent") return price >= 100 && price <= 900;
  return structure === "linear_cent";
}

function neighbour(structure: PriceStructure, price: number, direction: 1 | -1): number {
  const beside = price + direction * 10;
  return coarse(structure, price) && coarse(structure, beside) ? beside : price + direction;
}

/** Creates the spec of a contract's market. Sizes are hundredths of a contract. */
export function kalshiMarket(options: KalshiSymbolOptions): MarketSpec {
  const hash = hashText(options.external);
  let structure = options.structure ?? PRICE_STRUCTURES[hash % 3] ?? "linear_cent";
  const start = options.price ?? 0.1 + (hash % 80) / 100;
  return {
    external: options.external,
    priceDecimals: 3,
    sizeDecimals: 2,
    get structure() {
      return structure;
    },
    get priceMin() {
      return structure === "linear_cent" ? 10 : 1;
    },
    get priceMax() {
      return DOLLAR - this.priceMin;
    },
    quantize: (price) => coarse(structure, price) ? Math.floor(price / 10) * 10 : price,
    neighbour: (price, direction) => neighbour(structure, price, direction),
    restructure: (next) => structure = PRICE_STRUCTURES.find((each) => each === next) ?? structure,
    fair: new ContractPrice(start, DOLLAR, 0.015),
    spacing: structure === "deci_cent" ? 6 : 25,
    typicalSize: 6_000,
    lot: 100,
    levels: structure === "deci_cent" ? 60 : 28,
  };
}

import type { TradingOptions } from "../options.ts";

/** A whole, in what rates are counted in. */
export const RATE_WHOLE = 1_000_000n;

/** Rates of fees, in parts of {@linkcode RATE_WHOLE}. */
export interface FeeRates {
  maker: bigint;
  taker: bigint;
}

/** Percent as rates. */
export function feeRates(
  { makerFee, takerFee }: Pick<TradingOptions, "makerFee" | "takerFee">,
): FeeRates {
  const rate = (percent: number) => BigInt(Math.round(percent * 1e4));
  return { maker: rate(makerFee), taker: rate(takerFee) };
}

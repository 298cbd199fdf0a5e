import type { TradingOptions } from "../options.ts";

/** Unit of rates: a rate of 100 %. */
export const RATE_WHOLE = 1_000_000n;

/** Fee rates, in parts of {@linkcode RATE_WHOLE}. */
export interface FeeRates {
  maker: bigint;
  taker: bigint;
}

/** Converts percent to rates. */
export function feeRates(
  { makerFee, takerFee }: Pick<TradingOptions, "makerFee" | "takerFee">,
): FeeRates {
  const rate = (percent: number) => BigInt(Math.round(percent * 1e4));
  return { maker: rate(makerFee), taker: rate(takerFee) };
}

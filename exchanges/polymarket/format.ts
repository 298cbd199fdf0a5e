import { stepsOfText } from "@ssmd/market";
import { countOf } from "../json_fields.ts";

/** Decimals of prices: ticks are 0.1 to 0.0001, and 0.0025 for some sports. */
export const PRICE_DECIMALS = 6;
/** Steps of a dollar, which no order can cost. */
export const DOLLAR_STEPS = 10 ** PRICE_DECIMALS;
/** Decimals of sizes: those of USDC. */
export const SIZE_DECIMALS = 6;

/** Steps of a decimal text or JSON number; NaN when invalid or not exact in steps. */
export function stepsOfField(value: unknown, decimals: number): number {
  if (typeof value === "number") return stepsOfText(String(value), decimals);
  return typeof value === "string" ? stepsOfText(value, decimals) : NaN;
}

/** The venue's time, µs; 0 when absent, NaN when it is no count of milliseconds. */
export function timestampOf(value: unknown): number {
  if (value === undefined || value === null || value === "") return 0;
  const us = (countOf(value) ?? NaN) * 1000;
  return us <= Number.MAX_SAFE_INTEGER ? us : NaN;
}

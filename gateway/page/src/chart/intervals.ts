/** Candle lengths by the names that REST has for them, ms. */
export const INTERVALS = {
  "1s": 1_000,
  "5s": 5_000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
} as const;

/** A candle length. */
export type Interval = keyof typeof INTERVALS;

/** The candle length that makes a picture of so much history, ms. */
export function intervalFor(historyMs: number): Interval {
  if (historyMs < 180_000) return "1s";
  return historyMs < 1_800_000 ? "5s" : "1m";
}

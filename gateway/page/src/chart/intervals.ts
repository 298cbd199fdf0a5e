/** Candle intervals by their REST name, ms. */
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

/** Candle interval. */
export type Interval = keyof typeof INTERVALS;

/** Suitable candle interval for a history of this length, ms. */
export function intervalFor(historyMs: number): Interval {
  if (historyMs < 180_000) return "1s";
  return historyMs < 1_800_000 ? "5s" : "1m";
}

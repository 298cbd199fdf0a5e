/** States of a trading day of a feed, in the order in which it passes through them. */
export const DAY_STATES = [
  "pending",
  "starting",
  "active",
  "ending",
  "complete",
  "error",
  "failed",
] as const;

/** `error`: a step failed and is tried again; `failed`: somebody has to look at it first. */
export type DayState = typeof DAY_STATES[number];

/** Days of a feed that are told to other processes, the newest first. */
export const DAYS_PUBLISHED = 7;

/** The cache's key of a feed's days: a JSON list of {@linkcode TradingDayStatus}. */
export function daysKey(feed: string): string {
  return `days:${feed}`;
}

/** A trading day of a feed, as who starts and ends it tells it. Times in µs since 1970. */
export interface TradingDayStatus {
  feed: string;
  /** Label of the feed's calendar, `YYYY-MM-DD`. */
  day: string;
  state: DayState;
  /** When it was last active first; null = never. */
  activeAtUs: number | null;
  /** When it was complete; null = it is not. */
  completeAtUs: number | null;
  /** Why it is in state `error` or `failed`. */
  error: { code: string; message: string; hint: string } | null;
}

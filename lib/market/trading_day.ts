/** States of a feed's trading day, in order. */
export const DAY_STATES = [
  "pending",
  "starting",
  "active",
  "ending",
  "complete",
  "error",
  "failed",
] as const;

/** `error`: a step failed and is retried; `failed`: needs a person. */
export type DayState = typeof DAY_STATES[number];

/** Days of a feed published to other processes, newest first. */
export const DAYS_PUBLISHED = 7;

/** Cache key of a feed's days: a JSON list of {@linkcode TradingDayStatus}. */
export function daysKey(feed: string): string {
  return `days:${feed}`;
}

/** A feed's trading day, as published by the scheduler. Times in µs since 1970. */
export interface TradingDayStatus {
  feed: string;
  /** Label of the feed's calendar, `YYYY-MM-DD`. */
  day: string;
  state: DayState;
  /** Start of its latest active phase; null = never. */
  activeAtUs: number | null;
  /** Completion time; null = not complete. */
  completeAtUs: number | null;
  /** Reason for state `error` or `failed`. */
  error: { code: string; message: string; hint: string } | null;
}

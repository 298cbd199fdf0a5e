import type { Day } from "./day.ts";

/** Interval between two looks at the windows. */
export const TICK_MS = 500;
/** Time that a window waits after its minute, and without records. */
const GRACE_US = 2_000_000;
const GRACE_TICKS = GRACE_US / 1000 / TICK_MS;
const MINUTE_US = 60_000_000;

/** Returns the last minute with an ended and quiet window; undefined = none. */
export function dueMinute(day: Day, nowUs: number, tick: number): number | undefined {
  let due: number | undefined;
  for (const { minute, touchedTick } of day.windows()) {
    const endUs = day.startUs + (minute + 1) * MINUTE_US;
    const over = nowUs >= endUs + GRACE_US && tick - touchedTick >= GRACE_TICKS;
    if (over && minute > (due ?? -1)) due = minute;
  }
  return due;
}

/** Returns the age of the oldest record not yet in a file, s; `writingUs`: of those being written. */
export function lagSeconds(days: Iterable<Day>, writingUs: number, nowUs: number): number {
  let oldestUs = Math.min(nowUs, writingUs);
  for (const day of days) {
    for (const { builder } of day.windows()) oldestUs = Math.min(oldestUs, builder.firstUs);
  }
  return (nowUs - oldestUs) / 1e6;
}

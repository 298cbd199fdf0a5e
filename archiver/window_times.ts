import type { Day } from "./day.ts";

/** Time between two looks at the windows. */
export const TICK_MS = 500;
/** Time that a window waits for late records behind its minute, and without any. */
const GRACE_US = 2_000_000;
const GRACE_TICKS = GRACE_US / 1000 / TICK_MS;
const MINUTE_US = 60_000_000;

/** The last minute of a day whose windows are over and quiet at a tick; undefined = there is none. */
export function dueMinute(day: Day, nowUs: number, tick: number): number | undefined {
  let due: number | undefined;
  for (const { minute, touchedTick } of day.windows()) {
    const endUs = day.startUs + (minute + 1) * MINUTE_US;
    const over = nowUs >= endUs + GRACE_US && tick - touchedTick >= GRACE_TICKS;
    if (over && minute > (due ?? -1)) due = minute;
  }
  return due;
}

/** Age of the oldest record that is in no file yet, s. */
export function lagSeconds(days: Iterable<Day>, nowUs: number): number {
  let oldestUs = nowUs;
  for (const day of days) {
    for (const { builder } of day.windows()) oldestUs = Math.min(oldestUs, builder.firstUs);
  }
  return (nowUs - oldestUs) / 1e6;
}

/**
 * Opening hours of a calendar. Windows are in local time and converted per local day: a time
 * skipped by a clock change is shifted later, a repeated one means the first. Days may be longer or
 * shorter than 24 h. No calendar = always open. @module
 */
import {
  type Calendar,
  type CalendarVersion,
  calendarVersionOn,
  type DayWindow,
  WEEKDAYS,
  type WeeklyWindow,
} from "./calendar.ts";

/** A span with expected trading, µs since 1970, UTC. */
interface OpenSpan {
  /** Start (inclusive). */
  fromUs: number;
  /** End (exclusive). */
  toUs: number;
}

const HOUR_US = 3_600_000_000;
const HOURS_OF_DAY = 24;
/** Look-ahead of {@linkcode nextOpenUs} and {@linkcode nextCloseUs}; nothing within it = never. */
const LOOK_AHEAD_DAYS_MAX = 400;
const LOOK_AHEAD_STEP_DAYS = 8;

/** Returns the open spans in `fromUs` to `toUs` (exclusive), sorted and disjoint. */
export function openSpans(
  calendar: Calendar | undefined,
  fromUs: number,
  toUs: number,
): OpenSpan[] {
  if (toUs <= fromUs) return [];
  if (calendar === undefined) return [{ fromUs, toUs }];
  const spans: OpenSpan[] = [];
  // A window may start on the previous day.
  let day = localDay(fromUs, calendar.timezone).subtract({ days: 1 });
  const last = localDay(toUs - 1, calendar.timezone);
  for (; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    spans.push(...sessionsBegunOn(calendar, day));
  }
  return clipped(joined(spans), fromUs, toUs);
}

/** Returns whether trading is expected at a time (µs since 1970). */
export function isOpen(calendar: Calendar | undefined, atUs: number): boolean {
  return openSpans(calendar, atUs, atUs + 1).length > 0;
}

/** Returns the first open time from `atUs` on; undefined = none in {@linkcode LOOK_AHEAD_DAYS_MAX}. */
export function nextOpenUs(calendar: Calendar | undefined, atUs: number): number | undefined {
  return firstIn(atUs, (fromUs, toUs) => openSpans(calendar, fromUs, toUs)[0]?.fromUs);
}

/** Returns the first closed time from `atUs` on; undefined = none in {@linkcode LOOK_AHEAD_DAYS_MAX}. */
export function nextCloseUs(calendar: Calendar | undefined, atUs: number): number | undefined {
  return firstIn(atUs, (fromUs, toUs) => {
    const [first] = openSpans(calendar, fromUs, toUs);
    if (first === undefined || first.fromUs > fromUs) return fromUs;
    return first.toUs < toUs ? first.toUs : undefined;
  });
}

function firstIn(
  atUs: number,
  find: (fromUs: number, toUs: number) => number | undefined,
): number | undefined {
  const stepUs = LOOK_AHEAD_STEP_DAYS * HOURS_OF_DAY * HOUR_US;
  for (let day = 0; day < LOOK_AHEAD_DAYS_MAX; day += LOOK_AHEAD_STEP_DAYS) {
    const fromUs = atUs + day * HOURS_OF_DAY * HOUR_US;
    const found = find(fromUs, fromUs + stepUs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An open span and its trading day: the local date on which its window ends. */
export interface Session extends OpenSpan {
  label: string;
}

/** Returns the sessions whose windows start on a local day, minus special days and maintenance. */
export function sessionsBegunOn(calendar: Calendar, day: Temporal.PlainDate): Session[] {
  const label = day.toString();
  const special = calendar.special_days.find(({ date }) => date === label);
  if (special !== undefined) {
    return special.open.map((window) => ({ ...momentsOf(window, day, calendar.timezone), label }));
  }
  const version = calendarVersionOn(calendar, label);
  if (version === undefined) return [];
  const windows: DayWindow[] = version.open === "always"
    ? [{ from: "00:00", to: "24:00" }]
    : windowsOn(version.open, day);
  const closed = closedAround(calendar, day);
  return windows.flatMap((window) => {
    const spans = without([momentsOf(window, day, calendar.timezone)], closed);
    const labelOfEnd = endDayOf(window, day).toString();
    return spans.map((span) => ({ ...span, label: labelOfEnd }));
  });
}

/** Returns closed spans from the day before to the day after: maintenance and special days. */
function closedAround(calendar: Calendar, day: Temporal.PlainDate): OpenSpan[] {
  return [-1, 0, 1].flatMap((days) => {
    const each = day.add({ days });
    const text = each.toString();
    const version: CalendarVersion | undefined = calendarVersionOn(calendar, text);
    const isSpecial = calendar.special_days.some(({ date }) => date === text);
    const whole = momentsOf({ from: "00:00", to: "24:00" }, each, calendar.timezone);
    // A special day has its own hours: the previous day's window ends at midnight.
    if (isSpecial) return [whole];
    return windowsOn(version?.maintenance ?? [], each).map((window) =>
      momentsOf(window, each, calendar.timezone)
    );
  });
}

function windowsOn(windows: readonly WeeklyWindow[], day: Temporal.PlainDate): WeeklyWindow[] {
  const weekday = WEEKDAYS[day.dayOfWeek - 1];
  return windows.filter(({ days }) => weekday !== undefined && days.includes(weekday));
}

/** Returns the local day on which a window that starts on `day` ends. */
function endDayOf({ from, to }: DayWindow, day: Temporal.PlainDate): Temporal.PlainDate {
  return to <= from ? day.add({ days: 1 }) : day;
}

function momentsOf(window: DayWindow, day: Temporal.PlainDate, timezone: string): OpenSpan {
  const isMidnight = window.to === "24:00";
  const end = isMidnight ? day.add({ days: 1 }) : endDayOf(window, day);
  return {
    fromUs: momentUs(day, window.from, timezone),
    toUs: momentUs(end, isMidnight ? "00:00" : window.to, timezone),
  };
}

function momentUs(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds * 1000;
}

/** Returns the local date in a time zone at a time (µs since 1970). */
export function localDay(atUs: number, timezone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(atUs / 1000))
    .toZonedDateTimeISO(timezone).toPlainDate();
}

/** Sorts spans and merges those that touch or overlap. */
function joined(spans: readonly OpenSpan[]): OpenSpan[] {
  const result: OpenSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = result.at(-1);
    if (last === undefined || last.toUs < span.fromUs) result.push({ ...span });
    else last.toUs = Math.max(last.toUs, span.toUs);
  }
  return result;
}

function without(spans: readonly OpenSpan[], closed: readonly OpenSpan[]): OpenSpan[] {
  return closed.reduce<readonly OpenSpan[]>(
    (left, { fromUs, toUs }) =>
      left.flatMap((span) => [
        ...clipped([span], -Infinity, fromUs),
        ...clipped([span], toUs, Infinity),
      ]),
    spans,
  ).slice();
}

function clipped(spans: readonly OpenSpan[], fromUs: number, toUs: number): OpenSpan[] {
  return spans.map((span) => ({
    fromUs: Math.max(span.fromUs, fromUs),
    toUs: Math.min(span.toUs, toUs),
  })).filter((span) => span.fromUs < span.toUs);
}

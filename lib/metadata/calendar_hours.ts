/**
 * When a calendar is open. Windows are told in local time and become moments once for each local day:
 * a time that the clocks skip is taken as that much later, one that they show twice as the first.
 * Days that the clocks make longer or shorter are so here too. No calendar = always open. @module
 */
import {
  type Calendar,
  type CalendarVersion,
  calendarVersionOn,
  type DayWindow,
  WEEKDAYS,
  type WeeklyWindow,
} from "./calendar.ts";

/** A time in which trading is expected. Microseconds since 1970, UTC. */
interface OpenSpan {
  /** First moment. */
  fromUs: number;
  /** First moment after it. */
  toUs: number;
}

const HOUR_US = 3_600_000_000;
const HOURS_OF_DAY = 24;
/** How far {@linkcode nextOpenUs} and {@linkcode nextCloseUs} look; nothing after it = never. */
const LOOK_AHEAD_DAYS_MAX = 400;
const LOOK_AHEAD_STEP_DAYS = 8;

/** The times from `fromUs` to `toUs` (exclusive) in which trading is expected, in order and apart. */
export function openSpans(
  calendar: Calendar | undefined,
  fromUs: number,
  toUs: number,
): OpenSpan[] {
  if (toUs <= fromUs) return [];
  if (calendar === undefined) return [{ fromUs, toUs }];
  const spans: OpenSpan[] = [];
  // A window may have begun on the day before.
  let day = localDay(fromUs, calendar.timezone).subtract({ days: 1 });
  const last = localDay(toUs - 1, calendar.timezone);
  for (; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    spans.push(...sessionsBegunOn(calendar, day));
  }
  return clipped(joined(spans), fromUs, toUs);
}

/** Whether trading is expected at a moment (µs since 1970). */
export function isOpen(calendar: Calendar | undefined, atUs: number): boolean {
  return openSpans(calendar, atUs, atUs + 1).length > 0;
}

/** The first moment at or after `atUs` at which it is open; undefined = none in {@linkcode LOOK_AHEAD_DAYS_MAX}. */
export function nextOpenUs(calendar: Calendar | undefined, atUs: number): number | undefined {
  return firstIn(atUs, (fromUs, toUs) => openSpans(calendar, fromUs, toUs)[0]?.fromUs);
}

/** The first moment at or after `atUs` at which it is closed; undefined = none in {@linkcode LOOK_AHEAD_DAYS_MAX}. */
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

/** An open span and the trading day that it belongs to: the local date on which its window ends. */
export interface Session extends OpenSpan {
  label: string;
}

/** Sessions whose windows begin on a local day, without what a special day or maintenance takes away. */
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

/** What is closed from the day before to the day after a local day: maintenance and special days. */
function closedAround(calendar: Calendar, day: Temporal.PlainDate): OpenSpan[] {
  return [-1, 0, 1].flatMap((days) => {
    const each = day.add({ days });
    const text = each.toString();
    const version: CalendarVersion | undefined = calendarVersionOn(calendar, text);
    const isSpecial = calendar.special_days.some(({ date }) => date === text);
    const whole = momentsOf({ from: "00:00", to: "24:00" }, each, calendar.timezone);
    // On such a day its own hours hold: a window of the day before ends at its midnight.
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

/** The local day on which a window that begins on `day` ends. */
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

/** The date that the clocks of a zone show at a moment (µs since 1970). */
export function localDay(atUs: number, timezone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(atUs / 1000))
    .toZonedDateTimeISO(timezone).toPlainDate();
}

/** Spans in order; those that touch or overlap become one. */
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

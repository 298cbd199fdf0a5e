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
    spans.push(...spansBegunOn(calendar, day));
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

/** Open spans whose windows begin on a local day, without what a special day or maintenance takes away. */
function spansBegunOn(calendar: Calendar, day: Temporal.PlainDate): OpenSpan[] {
  const special = calendar.special_days.find(({ date }) => date === day.toString());
  if (special !== undefined) {
    return special.open.map((window) => momentsOf(window, day, calendar.timezone));
  }
  const version = calendarVersionOn(calendar, day.toString());
  if (version === undefined) return [];
  const open = version.open === "always"
    ? [momentsOf({ from: "00:00", to: "24:00" }, day, calendar.timezone)]
    : windowsOn(version.open, day, calendar.timezone);
  return without(open, closedAround(calendar, day));
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
    return windowsOn(version?.maintenance ?? [], each, calendar.timezone);
  });
}

function windowsOn(
  windows: readonly WeeklyWindow[],
  day: Temporal.PlainDate,
  timezone: string,
): OpenSpan[] {
  const weekday = WEEKDAYS[day.dayOfWeek - 1];
  return windows.filter(({ days }) => weekday !== undefined && days.includes(weekday))
    .map((window) => momentsOf(window, day, timezone));
}

function momentsOf({ from, to }: DayWindow, day: Temporal.PlainDate, timezone: string): OpenSpan {
  const end = to === "24:00" || to <= from ? day.add({ days: 1 }) : day;
  return {
    fromUs: momentUs(day, from, timezone),
    toUs: momentUs(end, to === "24:00" ? "00:00" : to, timezone),
  };
}

function momentUs(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds * 1000;
}

function localDay(atUs: number, timezone: string): Temporal.PlainDate {
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

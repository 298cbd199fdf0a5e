import { z } from "zod";
import { day, fields, nameText, plainText, text, timeOfDay, timezone } from "./shape.ts";

/** Days of the week in ISO 8601 order. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const endOfWindow = text(
  /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
  'a time of day, "HH:MM" in quotes, or "24:00"',
);

const DAY_WINDOW = {
  from: timeOfDay.describe("HH:MM in the calendar's time zone"),
  to: endOfWindow.describe("HH:MM, exclusive, up to 24:00; at or before from = on the next day"),
};
const WEEKLY_WINDOW = {
  days: z.array(z.enum(WEEKDAYS)).min(1).describe("Days of the week on which the window begins"),
  ...DAY_WINDOW,
};
const MAINTENANCE = fields({
  ...WEEKLY_WINDOW,
  reason: plainText.describe("Reason of the closure, for readers"),
});

const VERSION = fields({
  from: day.describe("First day in force, in the calendar's time zone"),
  open: z.union([z.literal("always"), z.array(fields(WEEKLY_WINDOW)).min(1)], {
    error: 'must be always, or a list of windows like { days: [mon], from: "09:30", to: "16:00" }',
  }).describe("Open times: always, or windows that repeat every week"),
  maintenance: z.array(MAINTENANCE).default([])
    .describe("Weekly windows in which the calendar is closed although it would be open"),
  notes: z.string().exactOptional().describe("Notes for readers"),
});

const SPECIAL_DAY = fields({
  date: day.describe("The day in the calendar's time zone, from midnight to midnight"),
  reason: plainText.describe("Reason of the special day: Christmas"),
  open: z.array(fields(DAY_WINDOW)).default([])
    .describe("Open times of that day; empty = closed"),
});

/** A calendar file, `calendars/<name>.yaml`. */
export const CALENDAR_FILE = fields({
  name: nameText.describe("Name of the calendar, the same as the file's"),
  display_name: plainText.describe("Display name"),
  timezone: timezone.describe("IANA time zone of all times in the file"),
  versions: z.array(VERSION).min(1)
    .describe("Trading weeks, each from a day on; dates ascending, closed before the first"),
  special_days: z.array(SPECIAL_DAY).default([]).describe("Holidays and days with other hours"),
});

/** Trading calendar: when a feed is expected to trade. */
export type Calendar = z.output<typeof CALENDAR_FILE>;
/** The trading week valid from a day on. */
export type CalendarVersion = z.output<typeof VERSION>;
/** A weekly window; `to` at or before `from` = on the next day. */
export type WeeklyWindow = Exclude<CalendarVersion["open"], string>[number];
/** A span of a day, local time in the calendar's time zone. */
export type DayWindow = z.output<typeof SPECIAL_DAY>["open"][number];

/** Returns the version valid on `date` (`YYYY-MM-DD`, local); undefined before the first. */
export function calendarVersionOn(calendar: Calendar, date: string): CalendarVersion | undefined {
  return calendar.versions.findLast(({ from }) => from <= date);
}

/** A day of the week in the calendar's time zone. */
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** All of them, as ISO 8601 counts them. */
export const WEEKDAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** A time of day to another one, on the clocks of the calendar's time zone. */
export interface DayWindow {
  /** `HH:MM` */
  from: string;
  /** `HH:MM`, exclusive, up to `24:00`. */
  to: string;
}

/** A window that comes back every week; `to` at or before `from` = on the next day. */
export interface WeeklyWindow extends DayWindow {
  /** The days on which it begins. */
  days: Weekday[];
}

/** A weekly window in which nothing is traded. */
export interface MaintenanceWindow extends WeeklyWindow {
  /** Why, for people. */
  reason: string;
}

/** The trading week as it stood from a day on. */
export interface CalendarVersion {
  /** First day in the calendar's time zone, `YYYY-MM-DD`. */
  from: string;
  /** When it trades. */
  open: "always" | WeeklyWindow[];
  /** When it does not, although it would be open. */
  maintenance: MaintenanceWindow[];
  /** What a reader should know. */
  notes?: string;
}

/** A day that is unlike the others of its week; it holds from midnight to midnight. */
export interface SpecialDay {
  /** In the calendar's time zone, `YYYY-MM-DD`. */
  date: string;
  /** Why: `Christmas`, `day after Thanksgiving`. */
  reason: string;
  /** When it trades on that day; empty = not at all. */
  open: DayWindow[];
}

/** When a feed is expected to trade, as its file in `exchanges/calendars/` tells it. */
export interface Calendar {
  /** The file's name, `kalshi`. */
  name: string;
  /** For people. */
  displayName: string;
  /** IANA name; all times of the file are of its clocks. */
  timezone: string;
  /** Dates ascending; before the first one it is closed. */
  versions: CalendarVersion[];
  /** Holidays and days of other hours. */
  specialDays: SpecialDay[];
}

/** The version in force on `date` (`YYYY-MM-DD`, the calendar's own day), or undefined before the first. */
export function calendarVersionOn(calendar: Calendar, date: string): CalendarVersion | undefined {
  return calendar.versions.findLast(({ from }) => from <= date);
}

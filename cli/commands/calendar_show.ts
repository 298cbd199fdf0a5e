import { z } from "zod";
import {
  type Calendar,
  CALENDAR_FILE,
  type CalendarVersion,
  calendarVersionOn,
  FEED_FILE,
  openSpans,
} from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { hoursText, nowIn } from "../registry/calendar_text.ts";
import { noteOrigin } from "../registry/show.ts";
import { flatRows } from "../render.ts";
import { AS_SHOWN } from "../registry/shown_file.ts";

/** Maximum number of special days in the table; `ssmd calendar holidays` lists all. */
const SPECIAL_DAYS_SHOWN = 5;

const OPEN_SPAN = z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() });
const NOW = z.strictObject({
  open: z.boolean(),
  until: z.iso.datetime().nullable().describe("Time of the next change; null = none known"),
});

export default defineCommand({
  name: "calendar show",
  brief: "Show a trading calendar: its hours in force, and when a day is open in UTC",
  description:
    "With --as-of, reads the file as committed in git at the end of that day, and shows the " +
    "hours in force then. A version is in force from its first day, in the calendar's time " +
    "zone, until the next one begins; before the first the calendar is closed. A special day " +
    "lasts from midnight to midnight. Without --as-of, also shows whether the calendar is " +
    "open now, and until when.",
  examples: [
    "ssmd calendar show kalshi",
    "ssmd calendar show kalshi --as-of 2026-03-12 --output json",
  ],
  flags: { asOf: AS_OF },
  args: [
    text("Name of the calendar", {
      placeholder: "calendar",
      completes: "calendar",
      required: true,
    }),
  ],
  output: CALENDAR_FILE.extend({
    ...AS_SHOWN,
    feeds: z.array(z.string()).describe("Feeds that use it"),
    in_force: CALENDAR_FILE.shape.versions.element.nullable()
      .describe("Hours in force on that day; null = before the first version"),
    open: z.array(OPEN_SPAN).describe("Open times of the day, in UTC"),
    now: NOW.exactOptional().describe("Current state; absent with --as-of"),
  }),
  table: ({ in_force, open, now, versions, special_days = [], ...rest }) => ({
    rows: flatRows({
      ...rest,
      hours: in_force === null ? `none on ${rest.as_of}` : hoursText(in_force),
      open: open.map(({ from, to }) => `${from}/${to}`),
      now,
      versions: versions.map((each) => `${each.from} ${hoursText(each)}`),
      special_days: special_days.filter(({ date }) => date >= rest.as_of)
        .slice(0, SPECIAL_DAYS_SHOWN).map(({ date, reason }) => `${date} ${reason}`),
    }),
  }),
  async run({ flags, args: [name], context }) {
    const { registry, day, origin } = await viewOfOne(context.globals, {
      ...{ kind: "calendar", name, asOf: flags.asOf },
    });
    noteOrigin(context, origin);
    const calendar = registry.calendar(name);
    const in_force: CalendarVersion | null = calendarVersionOn(calendar, day) ?? null;
    const feeds = registry.all("feed", FEED_FILE)
      .filter((feed) => feed.calendar === name).map(({ id }) => id);
    const now = flags.asOf === undefined ? { now: nowIn(calendar, Date.now() * 1000) } : {};
    const open = openOn(calendar, day);
    return { ...calendar, feeds, as_of: day, origin, in_force, open, ...now };
  },
});

/** Open spans of a UTC day. */
function openOn(calendar: Calendar, day: string): { from: string; to: string }[] {
  const start = Date.parse(`${day}T00:00:00Z`);
  const end = start + 86_400_000;
  return openSpans(calendar, start * 1000, end * 1000).map(({ fromUs, toUs }) => ({
    from: new Date(fromUs / 1000).toISOString(),
    to: new Date(toUs / 1000).toISOString(),
  }));
}

import { z } from "zod";
import { calendarVersionOn, FEED_FILE } from "@ssmd/metadata/registry_content";
import { defineCommand } from "../command/define.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { viewOn } from "../registry/as_of.ts";
import { hoursText } from "../registry/calendar_text.ts";
import { noteOrigin } from "../registry/show.ts";

const CALENDAR = z.object({
  calendar: z.string(),
  name: z.string(),
  timezone: z.string(),
  since: z.string().nullable().describe(
    "First day of the version in force; null = before the first",
  ),
  hours: z.string().nullable(),
  special_days: z.int(),
  feeds: z.array(z.string()),
});

export default defineCommand({
  name: "calendar list",
  brief: "List trading calendars and their hours in force",
  examples: ["ssmd calendar list", "ssmd calendar list --as-of 2026-03-11"],
  flags: { asOf: AS_OF },
  output: z.array(CALENDAR),
  table: (calendars) => ({
    rows: calendars.map(({ feeds, ...row }) => ({ ...row, feeds: feeds.join(", ") })),
    counted: "calendar",
  }),
  async run({ flags, context }) {
    const { registry, day, origin } = await viewOn(context.globals, flags.asOf);
    const feeds = registry.all("feed", FEED_FILE);
    noteOrigin(context, origin);
    return registry.names("calendar").map((name) => {
      const calendar = registry.calendar(name);
      const version = calendarVersionOn(calendar, day);
      return {
        calendar: name,
        name: calendar.display_name,
        timezone: calendar.timezone,
        since: version?.from ?? null,
        hours: version === undefined ? null : hoursText(version),
        special_days: calendar.special_days.length,
        feeds: feeds.filter((feed) => feed.calendar === name).map(({ id }) => id),
      };
    });
  },
});

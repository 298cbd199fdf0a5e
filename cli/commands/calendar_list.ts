import { buildCommand, type Command } from "@stricli/core";
import { calendarVersionOn } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOn } from "../registry/as_of.ts";
import { hoursText } from "../registry/calendar_text.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs } from "../registry/flags.ts";
import { noteOrigin, showList } from "../registry/show.ts";

/** `ssmd calendar list` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [], SsmdContext>({
  docs: docs("List the trading calendars and the hours of each that are in force", "", [
    "ssmd calendar list",
    "ssmd calendar list --as-of 2026-03-11",
  ]),
  parameters: { flags: AS_OF_FLAGS },
  async func(flags) {
    const { registry, day, origin } = await viewOn(this.globals, flags.asOf);
    const feeds = [...registry.check().feeds.values()];
    const rows = registry.names("calendar").map((name) => {
      const calendar = registry.calendar(name);
      const version = calendarVersionOn(calendar, day);
      return {
        calendar: name,
        name: calendar.displayName,
        timezone: calendar.timezone,
        since: version?.from ?? null,
        hours: version === undefined ? null : hoursText(version),
        specialDays: calendar.specialDays.length,
        feeds: feeds.filter((feed) => feed.calendar === name).map(({ id }) => id),
      };
    });
    const shown = rows.map((row) => ({ ...row, feeds: row.feeds.join(", ") }));
    showList(this, shown, ["calendar", "calendars"], flags.output, rows);
    noteOrigin(this, origin);
  },
});

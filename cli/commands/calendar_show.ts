import { buildCommand, type Command } from "@stricli/core";
import { type Calendar, calendarVersionOn, openSpans } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { hoursText, nowIn } from "../registry/calendar_text.ts";
import { AS_OF_FLAGS, type AsOfFlags, docs, word } from "../registry/flags.ts";
import { show } from "../registry/show.ts";

/** `ssmd calendar show` */
export const command: Command<SsmdContext> = buildCommand<AsOfFlags, [string], SsmdContext>({
  docs: docs(
    "Show a trading calendar: its hours in force, and when a day is open in UTC",
    "With --as-of, the file as git knew it at the end of that day, and the hours in force then. A " +
      "version holds from its day, in the calendar's time zone, until the next one begins; before " +
      "the first it is closed. A special day holds from its midnight to the next. Without --as-of " +
      "it also tells whether it is open now, and until when.",
    ["ssmd calendar show kalshi", "ssmd calendar show kalshi --as-of 2026-03-12 --output json"],
  ),
  parameters: {
    flags: AS_OF_FLAGS,
    positional: { kind: "tuple", parameters: [word("The calendar's name", "calendar")] },
  },
  async func(flags, name) {
    const { registry, day, origin } = await viewOfOne("calendar", name, this.globals, flags.asOf);
    const calendar = registry.calendar(name);
    const { versions, specialDays, ...rest } = calendar;
    const inForce = calendarVersionOn(calendar, day);
    const feeds = [...registry.check().feeds.values()]
      .filter((feed) => feed.calendar === name).map(({ id }) => id);
    const head = { ...rest, feeds, asOf: day, origin };
    const open = openOn(calendar, day);
    const now = flags.asOf === undefined ? { now: nowIn(calendar, Date.now() * 1000) } : {};
    if (flags.output !== "table") {
      const value = { ...head, inForce: inForce ?? null, open, ...now, versions, specialDays };
      return show(this, value, flags.output, origin);
    }
    const shown = {
      ...head,
      hours: inForce === undefined ? `none on ${day}` : hoursText(inForce),
      open: open.map(({ from, to }) => `${from}/${to}`),
      ...now,
      versions: versions.map((each) => `${each.from} ${hoursText(each)}`),
      specialDays: specialDays.map(({ date, reason }) => `${date} ${reason}`),
    };
    show(this, shown, flags.output, origin);
  },
});

/** When a day of UTC is open. */
function openOn(calendar: Calendar, day: string): { from: string; to: string }[] {
  const start = Date.parse(`${day}T00:00:00Z`);
  const end = start + 86_400_000;
  return openSpans(calendar, start * 1000, end * 1000).map(({ fromUs, toUs }) => ({
    from: new Date(fromUs / 1000).toISOString(),
    to: new Date(toUs / 1000).toISOString(),
  }));
}

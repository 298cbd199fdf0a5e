import { z } from "zod";
import { todayUtc } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";
import { CALENDAR_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

const HOLIDAY = z.object({
  date: z.string().describe("Date in the calendar's time zone"),
  reason: z.string(),
  open: z.string().nullable().describe("Trading hours of that day; null = closed"),
});

export default defineCommand({
  name: "calendar holidays",
  brief: "List the special days of a calendar: holidays, half days, closures",
  examples: ["ssmd calendar holidays us-equity", "ssmd calendar holidays us-equity --year 2027"],
  flags: { year: whole("Year; default: the current one", { placeholder: "year" }) },
  args: [CALENDAR_NAME],
  output: z.array(HOLIDAY),
  table: (days) => ({ rows: days, counted: "special day" }),
  async run({ flags, args: [name], context }) {
    const year = String(flags.year ?? todayUtc().slice(0, 4));
    const { special_days } = (await Registry.open(context.globals)).calendar(name);
    return special_days.filter(({ date }) => date.startsWith(`${year}-`))
      .map(({ date, reason, open }) => ({
        ...{ date, reason },
        open: open.length === 0 ? null : open.map(({ from, to }) => `${from}-${to}`).join(", "),
      }));
  },
});

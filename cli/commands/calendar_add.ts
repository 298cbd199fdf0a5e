import { defineCommand } from "../command/define.ts";
import { day, list, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { CALENDAR_NAME } from "../registry/registry_args.ts";

export default defineCommand({
  name: "calendar add",
  brief: "Add a special day to a calendar: a holiday or a day with other hours",
  description: "If the day exists, its reason and hours are replaced.",
  examples: [
    "ssmd calendar add us-equity --date 2028-01-17 --reason 'Martin Luther King Jr. Day' --dry-run",
    "ssmd calendar add us-equity --date 2028-11-24 --reason 'half day' --open 09:30-13:00 --dry-run",
  ],
  flags: {
    ...EDIT_FLAGS,
    date: day("The day in the calendar's time zone", { required: true }),
    reason: text("Reason, for readers", { placeholder: "text", required: true }),
    open: list("Trading hours, HH:MM-HH:MM,…; default: closed", { placeholder: "hours" }),
  },
  args: [CALENDAR_NAME],
  ...EDIT,
  async run({ flags, args: [name], context }) {
    const { date, reason, open } = flags;
    const hours = (open ?? []).map(windowOf);
    return await editFile(context, {
      ...{ kind: "calendar", name },
      change(edit, registry) {
        const days = registry.calendar(name).special_days;
        const special = { date, reason, ...(hours.length === 0 ? {} : { open: hours }) };
        const known = days.findIndex((each) => each.date === date);
        if (known >= 0) return edit.set(["special_days", known], special);
        const later = days.findIndex((each) => each.date > date);
        edit.insert(["special_days"], later < 0 ? days.length : later, special);
      },
    }, flags);
  },
});

function windowOf(hours: string): { from: string; to: string } {
  const [from, to, ...rest] = hours.split("-");
  if (from !== undefined && to !== undefined && rest.length === 0) return { from, to };
  throw new UsageError("HOURS_INVALID", `"${hours}" are no hours`, { hint: "Like 09:30-13:00" });
}

import { type Schedule } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { choice, parsed, text } from "../command/flag.ts";
import { UsageError } from "../exit.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import {
  SCHEDULE_VIEW,
  scheduleRow,
  schedulesIn,
  scheduleView,
  WEEKDAYS,
} from "../jobs/schedule_view.ts";
import { jobNamed, SET, WORKFLOW_FLAG } from "../jobs/workflow_flags.ts";

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const NAME = /^[a-z0-9][a-z0-9-]*$/;

export default defineCommand({
  name: "schedule create",
  brief: "Create a daily or weekly schedule for a job",
  description:
    "The schedule is stored with the jobs: in the data folder, or on the Temporal server. " +
    "What runs the jobs follows it at once, and after a restart. For schedules of every copy " +
    "of the environment, use its file instead. The first job runs at the next scheduled time.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd schedule create nightly --env demo --workflow export --at 02:00 --set out=nightly",
    "ssmd schedule create weekly --env demo --workflow verify --at 06:00 --weekday Saturday",
  ],
  flags: {
    ...JOB_FLAGS,
    workflow: WORKFLOW_FLAG,
    at: parsed(parseTime, "HH:MM in --timezone", {
      placeholder: "time",
      required: true,
    }),
    timezone: parsed(parseTimezone, "IANA time zone", { placeholder: "zone", default: "UTC" }),
    weekday: choice(WEEKDAYS, "Once a week on this day; default every day"),
    set: SET,
  },
  args: [
    text("Name of the schedule: letters, digits and -", {
      placeholder: "schedule",
      required: true,
    }),
  ],
  output: SCHEDULE_VIEW,
  table: (schedule) => ({ rows: [scheduleRow(schedule)] }),
  async run({ flags, args: [name], context }) {
    const { workflow, at, timezone, weekday, set, ...location } = flags;
    using jobs = await openEnvironmentJobs(context, location);
    const { input } = jobNamed(jobs.environment.name, { workflow, set });
    const schedule: Schedule = {
      ...{ name, workflow, input, at, timezone, origin: "created", catchesUp: false },
      title: `Run ${workflow}`,
      weekday: weekday === undefined ? null : WEEKDAYS.indexOf(weekday) + 1,
    };
    if (!NAME.test(name)) {
      throw new UsageError("SCHEDULE_NAME", `"${name}" is no name of a schedule`, {
        hint: "Lower-case letters, digits and -, like nightly-export",
      });
    }
    const isKnown = (await schedulesIn(jobs)).some((each) => each.name === name);
    if (isKnown || !await jobs.store.createSchedule(schedule)) {
      throw new UsageError("SCHEDULE_EXISTS", `There is a schedule "${name}" already`, {
        hint: "`ssmd schedule list` shows it; choose another name, or delete it first",
      });
    }
    return scheduleView(schedule, { isPaused: false, lastAtUs: null }, nowUs());
  },
});

function parseTime(value: string): string {
  if (TIME.test(value)) return value;
  throw new RangeError("a time is HH:MM, from 00:00 to 23:59");
}

function parseTimezone(value: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new RangeError("a time zone is one of IANA's, like America/New_York");
  }
}

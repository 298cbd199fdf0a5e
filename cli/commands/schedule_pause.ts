import { defineCommand } from "../command/define.ts";
import { JOB_FLAGS } from "../jobs/open_jobs.ts";
import {
  SCHEDULE_NAME,
  SCHEDULE_VIEW,
  scheduleRow,
  switchSchedule,
} from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule pause",
  brief: "Keep a schedule from asking for jobs by itself",
  description:
    "Jobs that were asked for run all the same; `ssmd schedule trigger` asks out of turn.",
  changes: "operations",
  examples: ["ssmd schedule pause end-days --env demo"],
  flags: JOB_FLAGS,
  args: [SCHEDULE_NAME],
  output: SCHEDULE_VIEW,
  table: (schedule) => ({ rows: [scheduleRow(schedule)] }),
  run: ({ flags, args: [name], context }) =>
    switchSchedule(context, flags, { name, isPaused: true }),
});

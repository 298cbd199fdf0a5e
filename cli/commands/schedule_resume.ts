import { defineCommand } from "../command/define.ts";
import { JOB_FLAGS } from "../jobs/open_jobs.ts";
import {
  SCHEDULE_NAME,
  SCHEDULE_VIEW,
  scheduleRow,
  switchSchedule,
} from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule resume",
  brief: "Resume a paused schedule",
  description: "Runs missed during the pause are requested once.",
  changes: "operations",
  shippedRegistry: true,
  examples: ["ssmd schedule resume end-days --env demo"],
  flags: JOB_FLAGS,
  args: [SCHEDULE_NAME],
  output: SCHEDULE_VIEW,
  table: (schedule) => ({ rows: [scheduleRow(schedule)] }),
  run: ({ flags, args: [name], context }) =>
    switchSchedule(context, flags, { name, isPaused: false }),
});

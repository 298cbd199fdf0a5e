import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { UsageError } from "../exit.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import {
  SCHEDULE_NAME,
  SCHEDULE_VIEW,
  scheduleNamed,
  scheduleRow,
  scheduleView,
} from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule delete",
  brief: "Delete a schedule that was created by a command",
  description: "Its jobs are kept. A schedule of the environment's file can only be paused.",
  changes: "operations",
  shippedRegistry: true,
  examples: ["ssmd schedule delete nightly --env demo"],
  flags: JOB_FLAGS,
  args: [SCHEDULE_NAME],
  output: SCHEDULE_VIEW,
  table: (schedule) => ({ rows: [scheduleRow(schedule)] }),
  async run({ flags, args: [name], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const schedule = await scheduleNamed(jobs, name);
    if (schedule.origin === "environment") {
      const { name: env } = jobs.environment;
      throw new UsageError("SCHEDULE_OF_FILE", `The schedule ${name} is of the file of ${env}`, {
        hint: `ssmd schedule pause ${name} stops it; ssmd env update changes the file`,
      });
    }
    const state = await jobs.store.schedule(name);
    await jobs.store.deleteSchedule(name);
    return scheduleView(schedule, state, nowUs());
  },
});

import { z } from "zod";
import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import { SCHEDULE_VIEW, scheduleRow, schedulesIn, scheduleView } from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule list",
  brief: "List the schedules of an environment with their times",
  description:
    'The environment\'s file says when: schedule: { timezone: America/New_York, day_end: "17:30" }; ' +
    "without it at 00:10 UTC, and never where it says auto_roll: false. up and `deno task worker` " +
    "ask for the jobs; what was due while nothing ran is asked for once.",
  shippedRegistry: true,
  examples: ["ssmd schedule list", "ssmd schedule list --env kraken --output json"],
  flags: JOB_FLAGS,
  output: z.array(SCHEDULE_VIEW),
  table: (schedules) => ({ rows: schedules.map(scheduleRow), counted: "schedule" }),
  async run({ flags, context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const { store } = jobs;
    return await Promise.all(
      (await schedulesIn(jobs)).map(async (each) =>
        scheduleView(each, await store.schedule(each.name), nowUs())
      ),
    );
  },
});

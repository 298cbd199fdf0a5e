import { z } from "zod";
import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { JOB_VIEW, jobView } from "../jobs/job_view.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import {
  SCHEDULE_NAME,
  SCHEDULE_VIEW,
  scheduleNamed,
  scheduleRow,
  scheduleView,
} from "../jobs/schedule_view.ts";

/** Maximum number of jobs shown. */
const JOBS_SHOWN = 5;

export default defineCommand({
  name: "schedule show",
  brief: "Show a schedule: its next run and the results of its last jobs",
  shippedRegistry: true,
  examples: ["ssmd schedule show end-days --env demo"],
  flags: JOB_FLAGS,
  args: [SCHEDULE_NAME],
  output: SCHEDULE_VIEW.extend({ jobs: z.array(JOB_VIEW) }),
  table: ({ jobs, ...schedule }) => ({
    rows: [{ ...scheduleRow(schedule), jobs: jobs.map(({ state }) => state).join(", ") }],
  }),
  async run({ flags, args: [name], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const schedule = await scheduleNamed(jobs, name);
    return {
      ...scheduleView(schedule, await jobs.store.schedule(name), nowUs()),
      jobs: (await jobs.store.list({ workflow: schedule.workflow, limit: JOBS_SHOWN }))
        .map(jobView),
    };
  },
});

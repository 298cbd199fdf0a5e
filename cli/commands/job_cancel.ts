import { cancelJob } from "@ssmd/jobs";
import { defineCommand } from "../command/define.ts";
import { JOB_VIEW, jobRow, jobView } from "../jobs/job_view.ts";
import { JOB_FLAGS, JOB_ID, jobOfId, openEnvironmentJobs } from "../jobs/open_jobs.ts";

export default defineCommand({
  name: "job cancel",
  brief: "Cancel a job that has not ended",
  description:
    "A running step is stopped within a second; its data stays consistent, as after a kill. " +
    "`ssmd job retry` resumes the job.",
  changes: "operations",
  shippedRegistry: true,
  examples: ["ssmd job cancel end-day/demo/kraken/v1/2026-08-01"],
  flags: JOB_FLAGS,
  args: [JOB_ID],
  output: JOB_VIEW,
  table: (job) => ({ rows: [jobRow(job)] }),
  async run({ flags, args: [id], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    await cancelJob(jobs.store, await jobOfId(jobs, id));
    return jobView(await jobOfId(jobs, id));
  },
});

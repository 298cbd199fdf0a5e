import { retryJob } from "@ssmd/jobs";
import { defineCommand } from "../command/define.ts";
import { JOB_RUN, jobView } from "../jobs/job_view.ts";
import {
  assertKept,
  finishJobs,
  JOB_FLAGS,
  JOB_ID,
  jobOfId,
  openEnvironmentJobs,
} from "../jobs/open_jobs.ts";

export default defineCommand({
  name: "job retry",
  brief: "Run a failed or cancelled job again, from its first unfinished step",
  description:
    "Waits until the job ends. If no up and no worker runs on the data folder, the command " +
    "runs it.",
  shippedRegistry: true,
  examples: ["ssmd job retry end-day/demo/kraken/v1/2026-08-01"],
  flags: JOB_FLAGS,
  args: [JOB_ID],
  ...JOB_RUN,
  async run({ flags, args: [id], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const job = await jobOfId(jobs, id);
    assertKept(jobs.environment);
    await retryJob(jobs.store, job);
    await finishJobs(context, jobs, () => [id]);
    return jobView(await jobOfId(jobs, id));
  },
});

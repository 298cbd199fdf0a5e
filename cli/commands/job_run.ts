import { requestJob } from "@ssmd/jobs";
import { defineCommand } from "../command/define.ts";
import { on } from "../command/flag.ts";
import { JOB_RUN, jobView } from "../jobs/job_view.ts";
import { assertKept, JOB_FLAGS, jobOfId, openEnvironmentJobs, runJob } from "../jobs/open_jobs.ts";
import { jobNamed, SET, WORKFLOW } from "../jobs/workflow_flags.ts";

export default defineCommand({
  name: "job run",
  brief: "Run a job of a workflow",
  description:
    "Waits until the job ends. If no up and no worker runs on the data folder, the command " +
    "runs it. --detach leaves it queued for them. Asking again for a job that has not ended " +
    "returns the same job. `ssmd job workflows` lists the arguments of each workflow.",
  shippedRegistry: true,
  examples: [
    "ssmd job run export --env demo --set out=nightly --set types=trade",
    "ssmd job run reprocess --env demo --set feed=kraken --set version=v2 --set from=2026-08-01",
  ],
  flags: { ...JOB_FLAGS, set: SET, detach: on("Do not wait for its end") },
  args: [WORKFLOW],
  ...JOB_RUN,
  failed: ({ state }) => state === "failed" || state === "cancelled",
  async run({ flags: { set, detach, ...location }, args: [workflow], context }) {
    using jobs = await openEnvironmentJobs(context, location);
    assertKept(jobs.environment);
    const job = jobNamed(jobs.environment.name, { workflow, set });
    if (!detach) return await runJob(context, jobs, job);
    await requestJob(jobs.store, job);
    return jobView(await jobOfId(jobs, job.id));
  },
});

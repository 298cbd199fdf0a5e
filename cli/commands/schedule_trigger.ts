import { z } from "zod";
import { type Job, triggerSchedule } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { JOB_VIEW, jobRow, jobView } from "../jobs/job_view.ts";
import {
  assertKept,
  finishJobs,
  JOB_FLAGS,
  jobOfId,
  openEnvironmentJobs,
} from "../jobs/open_jobs.ts";
import { SCHEDULE_NAME, scheduleNamed } from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule trigger",
  brief: "Run a schedule now, out of turn",
  description:
    "Waits until the job and the ends of days that it requested are over. If no up and no " +
    "worker runs on the data folder, the command runs them.",
  changes: "operations",
  shippedRegistry: true,
  examples: ["ssmd schedule trigger end-days --env demo"],
  flags: JOB_FLAGS,
  args: [SCHEDULE_NAME],
  output: z.array(JOB_VIEW),
  table: (jobs) => ({ rows: jobs.map(jobRow), counted: "job" }),
  failed: (jobs) => jobs.some(({ state }) => state !== "done"),
  async run({ flags, args: [name], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const { store, environment } = jobs;
    const schedule = await scheduleNamed(jobs, name);
    assertKept(environment);
    const id = await triggerSchedule(store, { env: environment.name, schedule, nowUs: nowUs() });
    const asked = async () => [id, ...askedBy(await jobOfId(jobs, id))];
    await finishJobs(context, jobs, asked);
    return await Promise.all(
      (await asked()).map(async (each) => jobView(await jobOfId(jobs, each))),
    );
  },
});

/** Ids of the jobs that a job requested. */
function askedBy({ steps }: Job): string[] {
  return steps.flatMap(({ result }) => ASKED.parse(result ?? {}).jobs);
}

const ASKED = z.object({ jobs: z.array(z.string()).default([]) });

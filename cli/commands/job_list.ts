import { z } from "zod";
import { JOB_STATES } from "@ssmd/jobs";
import { defineCommand } from "../command/define.ts";
import { choice, text, whole } from "../command/flag.ts";
import { JOB_VIEW, jobRow, jobView } from "../jobs/job_view.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

export default defineCommand({
  name: "job list",
  brief: "List the jobs of an environment, newest first",
  description:
    "up and `deno task worker` run the jobs: they seal and check finished days, remove old " +
    "ones, and recount the archive. Jobs are stored in the data folder, in jobs/<env>.sqlite.",
  shippedRegistry: true,
  examples: ["ssmd job list", "ssmd job list --state failed --output json"],
  flags: {
    ...JOB_FLAGS,
    state: choice(JOB_STATES, "Only jobs in this state"),
    workflow: text("Only jobs of this workflow", { placeholder: "name" }),
    limit: whole("Maximum number of jobs", { default: "50", placeholder: "count" }),
  },
  output: z.array(JOB_VIEW),
  table: (jobs) => ({ rows: jobs.map(jobRow), counted: "job" }),
  async run({ flags: { state, workflow, limit, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    return (await jobs.store.list({ state, workflow, limit })).map(jobView);
  },
});

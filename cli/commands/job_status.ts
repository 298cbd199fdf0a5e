import { z } from "zod";
import { isoOfUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { JOB_VIEW, jobView } from "../jobs/job_view.ts";
import { JOB_FLAGS, JOB_ID, jobOfId, openEnvironmentJobs } from "../jobs/open_jobs.ts";

const LINE = z.object({
  at: z.string().describe("ISO 8601"),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export default defineCommand({
  name: "job status",
  brief: "Show a job: its state, its steps with their results, its log",
  shippedRegistry: true,
  examples: ["ssmd job status end-day/demo/kraken/v1/2026-08-01"],
  flags: JOB_FLAGS,
  args: [JOB_ID],
  output: JOB_VIEW.extend({ log: z.array(LINE) }),
  table: ({ log }) => ({
    rows: log.map(({ at, message, fields }) => ({ at, message, fields: JSON.stringify(fields) })),
    counted: "line",
  }),
  async run({ flags, args: [id], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const log = await jobs.store.lines((await jobOfId(jobs, id)).id);
    return {
      ...jobView(await jobOfId(jobs, id)),
      log: log.map(({ atUs, message, fields }) => ({ at: isoOfUs(atUs), message, fields })),
    };
  },
});

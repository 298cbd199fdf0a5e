import { z } from "zod";
import { isoOfUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { JOB_FLAGS, JOB_ID, jobOfId, openEnvironmentJobs } from "../jobs/open_jobs.ts";

const LINE = z.object({
  at: z.string().describe("ISO 8601"),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export default defineCommand({
  name: "job logs",
  brief: "Print the log of a job, oldest line first",
  shippedRegistry: true,
  examples: ["ssmd job logs end-day/demo/kraken/v1/2026-08-01"],
  flags: JOB_FLAGS,
  args: [JOB_ID],
  output: z.array(LINE),
  table: (lines) => ({
    rows: lines.map(({ fields, ...line }) => ({ ...line, fields: JSON.stringify(fields) })),
    counted: "line",
  }),
  async run({ flags, args: [id], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    return (await jobs.store.lines((await jobOfId(jobs, id)).id))
      .map(({ atUs, message, fields }) => ({ at: isoOfUs(atUs), message, fields }));
  },
});

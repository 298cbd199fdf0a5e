import { z } from "zod";
import { defineWorkflow, newJob, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";
import { DAY_SPAN, daysNamed } from "./day_span.ts";
import { REPROCESS, VERSION_INPUT } from "./reprocess.ts";

const PLAN = z.object({
  days: z.array(z.object({ day: z.string(), action: z.enum(["make", "keep"]) })),
});

/** Requests a `reprocess` job for each day that a version lacks or whose raw files changed. */
export const BACKFILL = {
  name: "backfill",
  title: "Make each day that a version lacks of those that raw has",
  input: z.strictObject({ ...VERSION_INPUT, ...DAY_SPAN }),
};

/** See {@linkcode BACKFILL}; separate jobs can be watched, cancelled and retried one by one. */
export function backfill({ env, run, enqueue, nowUs }: ArchiveJobs): Workflow {
  return defineWorkflow(BACKFILL, async ({ from, to, ...version }, context) => {
    await context.step("ask", async () => {
      const span = daysNamed({ ...(from && { from }), ...(to && { to }) }, nowUs());
      const { feed, version: name, normalizer } = version;
      const task = { env, feed, version: name, normalizer, ...span };
      const { days } = PLAN.parse(await run({ kind: "planReprocess", ...task }, context));
      const jobs = days.filter(({ action }) => action === "make").map(({ day }) =>
        newJob(REPROCESS, { env, input: { ...version, from: day, to: day }, nowUs: nowUs() })
      );
      for (const job of jobs) await enqueue(job);
      return { days: jobs.length, kept: days.length - jobs.length, jobs: jobs.map(({ id }) => id) };
    });
  });
}

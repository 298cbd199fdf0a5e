import { z } from "zod";
import { defineWorkflow, newJob, type Workflow } from "../workflow.ts";
import { END_DAY, type EndDayJobs } from "./end_day.ts";

const UNSEALED = z.object({ days: z.array(END_DAY.input) });

/** Requests the end of each finished day that is unsealed or got late records. */
export const END_DAYS = {
  name: "end-days",
  title: "End every day that is over",
  input: z.strictObject({}),
};

/** See {@linkcode END_DAYS}. */
export function endDays({ env, run, enqueue, day: { days, nowUs } }: EndDayJobs): Workflow {
  return defineWorkflow(END_DAYS, async (_input, context) => {
    await context.step("ask", async () => {
      const found = await run({ kind: "unsealed", env }, context);
      // A day still being captured ends when its calendar says so.
      const due = UNSEALED.parse(found).days.filter(({ feed, day }) =>
        days.find(feed, day).state !== "active"
      );
      const jobs = due.map((input) => newJob(END_DAY, { env, input, nowUs: nowUs() }));
      for (const job of jobs) await enqueue(job);
      return { days: due.length, jobs: jobs.map(({ id }) => id) };
    });
  });
}

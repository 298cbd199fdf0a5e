import { z } from "zod";
import { END_DAY, END_DAY_INPUT, endDayId, type EndDayJobs } from "./end_day.ts";
import type { Workflow } from "../workflow.ts";

const UNSEALED = z.object({ days: z.array(END_DAY_INPUT) });

/** Asks for the end of each day that is over and not sealed, or to which records came late. */
export function endDays({ env, run, enqueue, day: { days } }: EndDayJobs): Workflow {
  return {
    name: "end-days",
    title: "End every day that is over",
    async run(_input, context) {
      await context.step("ask", async () => {
        const found = await run({ kind: "unsealed", env }, context.signal);
        // A day that is captured still is ended when it is over by its calendar.
        const due = UNSEALED.parse(found).days.filter(({ feed, day }) =>
          days.find(feed, day).state !== "active"
        );
        const jobs = due.map((day) => endDayId(env, day));
        for (const [i, id] of jobs.entries()) {
          await enqueue({ id, workflow: END_DAY, input: due[i] ?? {} });
        }
        return { days: due.length, jobs };
      });
    },
  };
}

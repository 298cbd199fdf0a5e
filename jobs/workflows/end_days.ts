import { z } from "zod";
import type { ArchiveJobs } from "./archive_jobs.ts";
import { END_DAY, END_DAY_INPUT, endDayId } from "./end_day.ts";
import type { Workflow } from "../workflow.ts";

const UNSEALED = z.object({ days: z.array(END_DAY_INPUT) });

/** Asks for the end of each day that is over and not sealed, or to which records came late. */
export function endDays({ env, run, enqueue }: ArchiveJobs): Workflow {
  return {
    name: "end-days",
    title: "End every day that is over",
    async run(_input, context) {
      await context.step("ask", async () => {
        const found = await run({ kind: "unsealed", env }, context.signal);
        const { days } = UNSEALED.parse(found);
        for (const day of days) enqueue({ id: endDayId(env, day), workflow: END_DAY, input: day });
        return { days: days.length };
      });
    },
  };
}

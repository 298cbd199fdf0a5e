import { z } from "zod";
import { DayRun } from "../day/day_run.ts";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import { END_DAY, type EndDayJobs, endSteps } from "./end_day.ts";

/** Ends a day while the `next` one begins. */
export const ROLL_DAY = {
  name: "roll-day",
  title: "Roll a trading day: mark the next one, end this one",
  input: END_DAY.input.extend({ next: z.iso.date() }),
  subjectOf: END_DAY.subjectOf,
};

/**
 * Rolls from a trading day to the next while the market trades: marks the next, then ends the
 * previous. Capture is not touched: no reconnect, so no gap.
 */
export function rollDay(jobs: EndDayJobs): Workflow {
  const { days, nowUs, publish, readRegistry } = jobs.day;
  return defineWorkflow(ROLL_DAY, async ({ next, ...day }, context) => {
    const { feed } = day;
    const run = new DayRun(jobs.day, context, { feed, day: day.day });
    await run.guarded(async () => {
      await run.claim("ending");
      await run.step("registry", () => readRegistry(feed, next));
      await run.step("mark", async () => {
        const atUs = nowUs();
        // After a kill the step repeats, and the next day is already active.
        if (days.find(feed, next).state === "pending") {
          days.claim({ feed, day: next, to: "active", job: context.job, nowUs: atUs });
        }
        await publish(days.find(feed, next));
        return { next, at_us: atUs };
      });
      await endSteps(jobs, day, { run, context });
    });
  });
}

import { z } from "zod";
import { DayRun } from "../day/day_run.ts";
import type { Workflow } from "../workflow.ts";
import { END_DAY_INPUT, type EndDayJobs, endSteps } from "./end_day.ts";

/** What a `roll-day` job ends, and the day after it. */
const ROLL_DAY_INPUT = END_DAY_INPUT.extend({ next: z.iso.date() });

/** Name of the workflow that goes from one day to the next. */
export const ROLL_DAY = "roll-day";

/** The id of the job that rolls a day. */
export function rollDayId(
  env: string,
  { feed, version, day }: z.output<typeof END_DAY_INPUT>,
): string {
  return `${ROLL_DAY}/${env}/${feed}/${version}/${day}`;
}

/**
 * Goes from a trading day to the next while the market trades: a mark, then the end of the day before.
 * What captures is not touched: no reconnect, so no gap.
 */
export function rollDay(jobs: EndDayJobs): Workflow {
  const { days, nowUs, publish, readRegistry } = jobs.day;
  return {
    name: ROLL_DAY,
    title: "Roll a trading day: mark the next one, end this one",
    async run(input, context) {
      const { next, ...day } = ROLL_DAY_INPUT.parse(input);
      const { feed } = day;
      const run = new DayRun(jobs.day, context, { feed, day: day.day });
      await run.guarded(async () => {
        await run.claim("ending");
        await run.step("registry", () => readRegistry(feed, next));
        await run.step("mark", async () => {
          const atUs = nowUs();
          // Killed after it, this step is done again: the next day has begun already.
          if (days.find(feed, next).state === "pending") {
            days.claim({ feed, day: next, to: "active", job: context.job, nowUs: atUs });
          }
          await publish(days.find(feed, next));
          return { next, at_us: atUs };
        });
        await endSteps(jobs, day, { run, context });
      });
    },
  };
}

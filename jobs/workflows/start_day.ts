import { z } from "zod";
import type { DayJobs } from "../day/day_jobs.ts";
import { DayRun } from "../day/day_run.ts";
import { nothingRuns } from "../day/running_services.ts";
import type { Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";

/** What a `start-day` job starts. */
const START_DAY_INPUT = z.strictObject({ feed: z.string(), day: z.iso.date() });

/** Name of the workflow that starts a day. */
export const START_DAY = "start-day";

/** The id of the job that starts a day. */
export function startDayId(env: string, { feed, day }: z.output<typeof START_DAY_INPUT>): string {
  return `${START_DAY}/${env}/${feed}/${day}`;
}

/** Starts a trading day: what runs is asked, part by part, whether it does its work. Spawns nothing. */
export function startDay({ dataDir, day: jobs }: ArchiveJobs & { day: DayJobs }): Workflow {
  return {
    name: START_DAY,
    title: "Start a trading day: check what captures it",
    async run(input, context) {
      const id = START_DAY_INPUT.parse(input);
      const run = new DayRun(jobs, context, id);
      await run.guarded(async () => {
        await run.claim("starting");
        await run.step("registry", () => jobs.readRegistry(id.feed, id.day));
        const services = async () => {
          const found = await jobs.services();
          if (found === undefined) throw nothingRuns(dataDir);
          return found;
        };
        await run.step("connect", async () => await (await services()).assertLive(id.feed));
        await run.step("archiver", async () => await (await services()).assertArchiving());
        await run.step("gateway", async () => await (await services()).assertGateway());
        await run.step("health", async () => await (await services()).assertReady());
        await run.step("record", async () => {
          await run.reach("active");
          return { state: "active" };
        });
      });
    },
  };
}

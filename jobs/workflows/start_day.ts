import { z } from "zod";
import type { DayJobs } from "../day/day_jobs.ts";
import { DayRun } from "../day/day_run.ts";
import { nothingRuns } from "../day/running_services.ts";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";

/** Starts a trading day. */
export const START_DAY = {
  name: "start-day",
  title: "Start a trading day: check what captures it",
  input: z.strictObject({ feed: z.string(), day: z.iso.date() }),
  subjectOf: ({ feed, day }: { feed: string; day: string }) => `${feed}/${day}`,
};

/** Checks that every running part works; starts no process. */
export function startDay({ dataDir, day: jobs }: ArchiveJobs & { day: DayJobs }): Workflow {
  return defineWorkflow(START_DAY, async (id, context) => {
    const run = new DayRun(jobs, context, id);
    const services = async () => {
      const found = await jobs.services();
      if (found === undefined) throw nothingRuns(dataDir);
      return found;
    };
    await run.guarded(async () => {
      await run.claim("starting");
      await run.step("registry", () => jobs.readRegistry(id.feed, id.day));
      await run.step("connect", async () => await (await services()).assertLive(id.feed));
      await run.step("archiver", async () => await (await services()).assertArchiving());
      await run.step("gateway", async () => await (await services()).assertGateway());
      await run.step("health", async () => await (await services()).assertReady());
      await run.step("record", async () => {
        await run.reach("active");
        return { state: "active" };
      });
    });
  });
}

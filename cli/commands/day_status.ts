import { z } from "zod";
import { dayOfUs, inventory } from "@ssmd/archive";
import { endDayId } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { openArchive } from "../archive/open_archive.ts";
import { defineCommand } from "../command/define.ts";
import { FEED_FILTER } from "../command/common_flags.ts";
import { whole } from "../command/flag.ts";
import { assertKept, JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

const STATES = ["active", "pending", "ending", "complete", "failed"] as const;

const DAY = z.object({
  feed: z.string(),
  day: z.string().describe("UTC"),
  state: z.enum(STATES),
  why: z.string().nullable().describe("Why it failed"),
  sealed: z.boolean(),
  records: z.int(),
  gaps: z.int(),
  quality: z.number().nullable().describe("0 to 1; null = nothing came"),
});

export default defineCommand({
  name: "day status",
  brief: "Show the days of an environment and how far each is ended",
  description:
    "active: it is captured; pending: over, and not ended yet; ending: being sealed and checked; " +
    "complete; failed: `ssmd job retry` goes on with it. Exit code 1 when a day failed.",
  examples: ["ssmd day status", "ssmd day status --env demo --feed kraken --days 30"],
  flags: {
    ...JOB_FLAGS,
    feed: FEED_FILTER,
    days: whole("How many days back", { default: "7", placeholder: "count" }),
  },
  output: z.array(DAY),
  table: (days) => ({ rows: days, counted: "day" }),
  failed: (days) => days.some(({ state }) => state === "failed"),
  async run({ flags: { feed, days, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    const { environment, store, dataDir } = jobs;
    assertKept(environment);
    const isLocal = environment.storage.type === "local";
    const registryDir = context.globals.dir;
    const storage = await openArchive({
      env: environment.name,
      ...(registryDir === undefined ? {} : { registryDir }),
      ...(isLocal ? { data: dataDir } : {}),
    });
    const today = dayOfUs(nowUs());
    const fromUs = nowUs() - days * 86_400_000_000;
    try {
      const summaries = await inventory(storage, {
        ...{ env: environment.name, fromUs, nowUs: nowUs() },
        ...(feed === undefined ? {} : { feeds: [feed] }),
      });
      return summaries.filter((each) => each.layout !== "none").map((each) => {
        const job = store.find(endDayId(environment.name, each));
        const isSealed = each.layout === "sealed";
        const state = each.day >= today ? "active" : stateOf(job?.state, isSealed);
        return {
          ...{ feed: each.feed, day: each.day, state, sealed: isSealed },
          why: state === "failed" ? job?.error?.message ?? null : null,
          ...{ records: each.records, gaps: each.gaps.length, quality: each.quality },
        };
      });
    } finally {
      await storage.close();
    }
  },
});

function stateOf(job: string | undefined, isSealed: boolean): typeof STATES[number] {
  if (job === "failed" || job === "cancelled") return "failed";
  if (job === "running") return "ending";
  return isSealed ? "complete" : "pending";
}

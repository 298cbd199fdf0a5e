import { z } from "zod";
import { dayOfUs, type DaySummary, inventory } from "@ssmd/archive";
import { type DayRecord, END_DAY, newJob, openDays } from "@ssmd/jobs";
import { DAY_STATES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import { listArchive } from "../archive/list_archive.ts";
import { defineCommand } from "../command/define.ts";
import { FEED_FILTER } from "../command/common_flags.ts";
import { whole } from "../command/flag.ts";
import { assertKept, JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

const DAY = z.object({
  feed: z.string(),
  day: z.string().describe("UTC"),
  state: z.enum(DAY_STATES),
  why: z.string().nullable().describe("Reason of the failure"),
  sealed: z.boolean(),
  records: z.int(),
  gaps: z.int(),
  quality: z.number().nullable().describe("0 to 1; null = no data"),
});

export default defineCommand({
  name: "day status",
  brief: "Show the days of an environment and how far each is ended",
  description:
    "active: being captured; pending: over, and not ended yet; starting; ending: being " +
    "sealed and checked; complete; error, failed: `ssmd day recover` resumes it. Exit code 1 " +
    "for those.",
  shippedRegistry: true,
  examples: ["ssmd day status", "ssmd day status --env demo --feed kraken --days 30"],
  flags: {
    ...JOB_FLAGS,
    feed: FEED_FILTER,
    days: whole("Number of days to look back", { default: "7", placeholder: "count" }),
  },
  output: z.array(DAY),
  table: (days) => ({ rows: days, counted: "day" }),
  failed: (days) => days.some(({ state }) => state === "failed" || state === "error"),
  async run({ flags: { feed, days: daysBack, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    const { environment, store, dataDir } = jobs;
    assertKept(environment);
    const env = environment.name;
    const isLocal = environment.storage.type === "local";
    const archive = { env, isEnvKnown: true, ...(isLocal ? { data: dataDir } : {}) };
    using days = await openDays(dataDir, env);
    const today = dayOfUs(nowUs());
    const fromUs = nowUs() - daysBack * 86_400_000_000;
    const summaries = await listArchive<DaySummary[]>(context, archive, {
      none: [],
      read: (storage) =>
        inventory(storage, {
          ...{ env, fromUs, nowUs: nowUs() },
          ...(feed === undefined ? {} : { feeds: [feed] }),
        }),
    });
    const kept = summaries.filter((each) => each.layout !== "none");
    return await Promise.all(kept.map(async (each) => {
      const { feed, version, day } = each;
      const job = await store.find(
        newJob(END_DAY, { env, input: { feed, version, day }, nowUs: nowUs() }).id,
      );
      const isSealed = each.layout === "sealed";
      const record = days.find(each.feed, each.day);
      const state = stateOf(record, { job: job?.state, isSealed, isToday: each.day >= today });
      return {
        ...{ feed: each.feed, day: each.day, state, sealed: isSealed },
        why: record.error?.message ?? (state === "failed" ? job?.error?.message : null) ?? null,
        ...{ records: each.records, gaps: each.gaps.length, quality: each.quality },
      };
    }));
  },
});

function stateOf(
  { state }: DayRecord,
  { job, isSealed, isToday }: { job: string | undefined; isSealed: boolean; isToday: boolean },
): DayRecord["state"] {
  if (job === "cancelled") return "failed";
  if (state === "complete" && !isSealed) return "pending";
  if (state !== "pending") return state;
  // The day has no record: captured before days existed, or by services on other machines.
  if (isToday) return "active";
  return isSealed ? "complete" : "pending";
}

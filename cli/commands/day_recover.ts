import { z } from "zod";
import { nowUs } from "@ssmd/runtime";
import { FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { DAY_VIEW, dayView, readDays } from "../jobs/day_view.ts";
import { finishJobs, JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

const UNFINISHED: ReadonlySet<string> = new Set(["starting", "ending", "error", "failed"]);

export default defineCommand({
  name: "day recover",
  brief: "Resume trading days whose start, roll or end was interrupted or failed",
  description:
    "Each resumes at its first unfinished step. Waits until all are finished; if no up and " +
    "no worker runs on the data folder, the command runs the steps itself.",
  changes: "operations",
  shippedRegistry: true,
  examples: ["ssmd day recover", "ssmd day recover --env demo --feed kraken"],
  flags: { ...JOB_FLAGS, feed: FEED_FILTER },
  output: z.array(DAY_VIEW),
  table: (days) => ({ rows: days, counted: "day" }),
  failed: (days) => days.some(({ state }) => UNFINISHED.has(state)),
  async run({ flags: { feed, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    const found = await readDays(
      jobs,
      (days) => days.list({ feed, limit: DAYS_MAX }).filter(({ state }) => UNFINISHED.has(state)),
    );
    const ids = found.flatMap(({ job }) => job === null ? [] : [job]);
    for (const id of ids) await jobs.store.retry(id, nowUs());
    await finishJobs(context, jobs, () => ids);
    return await readDays(
      jobs,
      (days) => found.map((each) => dayView(days.find(each.feed, each.day))),
    );
  },
});

const DAYS_MAX = 10_000;

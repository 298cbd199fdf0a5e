import { z } from "zod";
import { FEED_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";
import { DAY_VIEW, dayView, readDays } from "../jobs/day_view.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

export default defineCommand({
  name: "day history",
  brief: "List started and ended trading days, newest first",
  shippedRegistry: true,
  examples: ["ssmd day history", "ssmd day history --feed kraken --limit 7"],
  flags: {
    ...JOB_FLAGS,
    feed: FEED_FILTER,
    limit: whole("Maximum number of days", { default: "30", placeholder: "count" }),
  },
  output: z.array(DAY_VIEW),
  table: (days) => ({ rows: days, counted: "day" }),
  async run({ flags: { feed, limit, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    return await readDays(jobs, (days) => days.list({ feed, limit }).map(dayView));
  },
});

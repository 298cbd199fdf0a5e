import { defineCommand } from "../command/define.ts";
import { day as dayFlag } from "../command/flag.ts";
import { DAY_FEED, DAY_VIEW, dayView, readDays } from "../jobs/day_view.ts";
import { JOB_VIEW, jobView } from "../jobs/job_view.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";

export default defineCommand({
  name: "day show",
  brief: "Show a trading day of a feed: its state, and the steps of its last start or end",
  description: "For each step with its times: ssmd journal read <env>.day.events.",
  shippedRegistry: true,
  examples: ["ssmd day show --feed kraken --date 2026-08-01"],
  flags: {
    ...JOB_FLAGS,
    feed: DAY_FEED,
    date: dayFlag("The day: YYYY-MM-DD, today, yesterday, or 7d (days ago)", { required: true }),
  },
  output: DAY_VIEW.extend({ steps: JOB_VIEW.shape.steps }),
  table: ({ steps, ...day }) => ({
    rows: steps.length === 0 ? [day] : steps.map(({ name, ended_at, result }) => ({
      ...{ day: day.day, state: day.state, step: name, ended_at },
      result: result === null ? null : JSON.stringify(result),
    })),
  }),
  async run({ flags: { feed, date, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    const record = await readDays(jobs, (days) => days.find(feed, date));
    const job = record.job === null ? undefined : await jobs.store.find(record.job);
    return { ...dayView(record), steps: job === undefined ? [] : jobView(job).steps };
  },
});

import { newJob, ROLL_DAY, tradingDaysOf } from "@ssmd/jobs";
import { nowUs, SsmdError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { DAY_FEED, readDays } from "../jobs/day_view.ts";
import { JOB_RUN } from "../jobs/job_view.ts";
import { assertKept, JOB_FLAGS, openEnvironmentJobs, runJob } from "../jobs/open_jobs.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "day roll",
  brief: "Roll a feed to its next trading day and end the one before",
  description:
    "For a market that does not close: no connection is closed, so nothing is missed. up " +
    "does it automatically when a day of the feed's calendar is over.",
  shippedRegistry: true,
  examples: ["ssmd day roll --feed kraken"],
  flags: { ...JOB_FLAGS, feed: DAY_FEED },
  ...JOB_RUN,
  async run({ flags: { feed, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    assertKept(jobs.environment);
    const calendar = await tradingDaysOf(await registryDirOf(context.globals), feed);
    const active = await readDays(
      jobs,
      (days) => days.list({ feed }).find(({ state }) => state === "active"),
    );
    const next = calendar.at(nowUs())?.label;
    if (active === undefined || next === undefined || active.day >= next) {
      const why = active === undefined ? "no day of it is active" : `${active.day} is not over yet`;
      throw new SsmdError("DAY_NOT_OVER", `${feed} cannot be rolled: ${why}`, {
        hint: "`ssmd day history` shows its days",
      });
    }
    const of = { env: jobs.environment.name, input: { feed, day: active.day, next } };
    return await runJob(context, jobs, newJob(ROLL_DAY, { ...of, nowUs: nowUs() }));
  },
});

import { newJob, START_DAY, tradingDaysOf } from "@ssmd/jobs";
import { nowUs, runningProcesses, SsmdError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { DAY_FEED } from "../jobs/day_view.ts";
import { JOB_RUN } from "../jobs/job_view.ts";
import { JOB_FLAGS, openEnvironmentJobs, runJob } from "../jobs/open_jobs.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "day start",
  brief: "Start the trading day of a feed: check each part of its capture",
  description:
    "Checks in what runs on the data folder that the feed is live, records are archived and " +
    "the gateway answers; it starts no process. up does it automatically when the feed's " +
    "calendar opens.",
  shippedRegistry: true,
  examples: ["ssmd day start --feed kraken"],
  flags: { ...JOB_FLAGS, feed: DAY_FEED },
  ...JOB_RUN,
  async run({ flags: { feed, ...location }, context }) {
    using jobs = await openEnvironmentJobs(context, location);
    if ((await runningProcesses(jobs.dataDir, jobs.environment.name)).length === 0) {
      throw new SsmdError("NOTHING_RUNS", `Nothing runs on ${jobs.dataDir}`, {
        hint: "Start it with `ssmd up`; what captures on other machines needs no start from here",
      });
    }
    const calendar = await tradingDaysOf(await registryDirOf(context.globals), feed);
    const day = calendar.at(nowUs())?.label;
    if (day === undefined) {
      throw new SsmdError("DAY_MISSING", `No trading day of ${feed} is in sight`, {
        hint: "`ssmd calendar show` tells when its market is open",
      });
    }
    const of = { env: jobs.environment.name, input: { feed, day }, nowUs: nowUs() };
    return await runJob(context, jobs, newJob(START_DAY, of));
  },
});

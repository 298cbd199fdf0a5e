import { dayOfUs } from "@ssmd/archive";
import { END_DAY, newJob, tradingDaysOf } from "@ssmd/jobs";
import { nowUs, SsmdError } from "@ssmd/runtime";
import { RECORDS_VERSION } from "../archive/archive_flags.ts";
import { defineCommand } from "../command/define.ts";
import { day as dayFlag, text } from "../command/flag.ts";
import { JOB_RUN } from "../jobs/job_view.ts";
import { assertKept, JOB_FLAGS, openEnvironmentJobs, runJob } from "../jobs/open_jobs.ts";
import { registryDirOf } from "../registry_dir.ts";

export default defineCommand({
  name: "day end",
  brief: "End a day of a feed now: verify, seal and check it",
  description:
    "Where up or `deno task worker` runs, finished days are ended automatically; see `ssmd " +
    "schedule list`. This command ends the day now and waits. A day that received late " +
    "records is ended again.",
  shippedRegistry: true,
  examples: ["ssmd day end --feed kraken --date 2026-08-01"],
  flags: {
    ...JOB_FLAGS,
    feed: text("Feed", { placeholder: "feed", completes: "feed", required: true }),
    date: dayFlag("The day, UTC: YYYY-MM-DD, yesterday, or 7d (days ago)", { required: true }),
    version: RECORDS_VERSION,
  },
  ...JOB_RUN,
  async run({ flags: { feed, date: day, version = "v1", ...location }, context }) {
    const calendar = await tradingDaysOf(await registryDirOf(context.globals), feed);
    const isOver = day < dayOfUs(nowUs()) && (calendar.on(day)?.toUs ?? 0) <= nowUs();
    if (!isOver) throw notOver(feed, day);
    using jobs = await openEnvironmentJobs(context, location);
    assertKept(jobs.environment);
    const input = { feed, version, day };
    const env = jobs.environment.name;
    return await runJob(context, jobs, newJob(END_DAY, { env, input, nowUs: nowUs() }));
  },
});

function notOver(feed: string, day: string): SsmdError {
  return new SsmdError("DAY_NOT_OVER", `${feed} ${day} is not over yet`, {
    hint: "`ssmd archive seal --force` seals what is there now",
  });
}

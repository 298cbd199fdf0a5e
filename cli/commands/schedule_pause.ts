import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import { SCHEDULE_VIEW, scheduleNamed, scheduleView } from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule pause",
  brief: "Keep a schedule from asking for jobs by itself",
  description:
    "Jobs that were asked for run all the same; `ssmd schedule trigger` asks out of turn.",
  examples: ["ssmd schedule pause end-days --env demo"],
  flags: JOB_FLAGS,
  args: [text("Its name, as `ssmd schedule list` shows it", {
    placeholder: "schedule",
    required: true,
  })],
  output: SCHEDULE_VIEW,
  table: (schedule) => ({ rows: [schedule] }),
  async run({ flags, args: [name], context }) {
    using jobs = await openEnvironmentJobs(context, flags);
    const schedule = scheduleNamed(jobs, name);
    const state = { ...jobs.store.schedule(name), isPaused: true };
    jobs.store.saveSchedule(name, state);
    return scheduleView(schedule, state, nowUs());
  },
});

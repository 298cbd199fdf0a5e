import { nowUs } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { JOB_FLAGS, openEnvironmentJobs } from "../jobs/open_jobs.ts";
import { SCHEDULE_VIEW, scheduleNamed, scheduleView } from "../jobs/schedule_view.ts";

export default defineCommand({
  name: "schedule resume",
  brief: "Let a paused schedule ask for jobs again",
  description: "What was due while it was paused is asked for once.",
  examples: ["ssmd schedule resume end-days --env demo"],
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
    const state = { ...jobs.store.schedule(name), isPaused: false };
    jobs.store.saveSchedule(name, state);
    return scheduleView(schedule, state, nowUs());
  },
});

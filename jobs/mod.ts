/** Work that outlives processes, and the days that end by themselves. @module */
export { type Job, JOB_STATES, type ScheduleState } from "./job.ts";
export {
  JobService,
  jobsHolder,
  jobsLockPath,
  jobsPath,
  openDays,
  openJobs,
  runningJobs,
} from "./job_service.ts";
export { type JobBoard } from "./job_board.ts";
export { openBoard, usesTemporal } from "./open_board.ts";
export { nextDueUs, type Schedule, schedulesOf } from "./schedule.ts";
export { triggerSchedule } from "./scheduler.ts";
export { tradingDaysOf } from "./day/open_day_jobs.ts";
export { type DayRecord } from "./day/day_state.ts";
export { END_DAY, endDayId } from "./workflows/end_day.ts";
export { ROLL_DAY, rollDayId } from "./workflows/roll_day.ts";
export { START_DAY, startDayId } from "./workflows/start_day.ts";

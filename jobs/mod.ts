/** Durable jobs, and trading days that end automatically. @module */
export { type Job, JOB_STATES, type NewJob, type ScheduleState } from "./job.ts";
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
export { cancelJob, requestJob, retryJob } from "./job_changes.ts";
export { answerJobs } from "./job_responder.ts";
export { openBoard, usesTemporal } from "./open_board.ts";
export { nextDueUs, type Schedule } from "./schedule.ts";
export { inputOfTexts } from "./input_texts.ts";
export { allSchedules, triggerSchedule } from "./scheduler.ts";
export { tradingDaysOf } from "./day/open_day_jobs.ts";
export { type DayRecord } from "./day/day_state.ts";
export { newJob, workflowNamed } from "./workflow.ts";
export { END_DAY } from "./workflows/end_day.ts";
export { ROLL_DAY } from "./workflows/roll_day.ts";
export { START_DAY } from "./workflows/start_day.ts";
export { WORKFLOW_KINDS } from "./workflows/index.ts";

/** Work that outlives processes, and the days that end by themselves. @module */
export { type Job, JOB_STATES } from "./job.ts";
export { JobService, jobsPath, openJobs } from "./job_service.ts";
export { type JobStore, type ScheduleState } from "./job_store.ts";
export { nextDueUs, type Schedule, schedulesOf } from "./schedule.ts";
export { triggerSchedule } from "./scheduler.ts";
export { END_DAY, endDayId } from "./workflows/end_day.ts";

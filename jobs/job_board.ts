import type { Job, JobLine, JobState, NewJob, ScheduleState } from "./job.ts";
import type { Schedule } from "./schedule.ts";

/** A file answers at once, a server later. */
type Answer<T> = T | Promise<T>;

/** Jobs and schedules of an environment, wherever they are kept: what commands ask and tell. */
export interface JobBoard extends Disposable {
  /**
   * Asks for a job. One that is queued or runs already is left alone; one that is over begins again,
   * without its old steps. Whether it is new or begins again.
   */
  enqueue(job: NewJob): Answer<boolean>;
  find(id: string): Answer<Job | undefined>;
  /** Jobs, the newest first. */
  list(filter?: JobFilter): Answer<Job[]>;
  /** The log of a job, the oldest line first. */
  lines(id: string): Answer<JobLine[]>;
  /** Cancels a job that is not over. Whether it did. */
  cancel(id: string, nowUs: number): Answer<boolean>;
  /** Queues a failed or cancelled job again, at the first step that is not done. Whether it did. */
  retry(id: string, nowUs: number): Answer<boolean>;
  /** Throws SsmdError `WORKER_MISSING` where nobody does what is asked for; absent = the asker may. */
  assertWorker?(): Promise<void>;
  schedule(name: string): Answer<ScheduleState>;
  pauseSchedule(name: string, isPaused: boolean): Answer<void>;
  /** Schedules that were created by {@linkcode JobBoard.createSchedule}, by name. */
  createdSchedules(): Answer<Schedule[]>;
  /** Keeps a schedule until it is deleted. False = there is one of this name. */
  createSchedule(schedule: Schedule): Answer<boolean>;
  /** Deletes a schedule that was created. Whether there was one. */
  deleteSchedule(name: string): Answer<boolean>;
}

/** Which jobs are listed; absent fields choose nothing. */
export interface JobFilter {
  state?: JobState | undefined;
  workflow?: string | undefined;
  /** Most jobs; absent = 100. */
  limit?: number;
}

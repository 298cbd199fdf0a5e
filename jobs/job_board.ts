import type { Job, JobLine, JobState, NewJob, ScheduleState } from "./job.ts";
import type { Schedule } from "./schedule.ts";

/** Local stores answer synchronously, servers do not. */
type Answer<T> = T | Promise<T>;

/** Jobs and schedules of an environment, independent of where they are stored. */
export interface JobBoard extends Disposable {
  /**
   * Requests a job. Ignores one already queued or running; restarts one that is over, without its
   * old steps. Returns whether it was queued.
   */
  enqueue(job: NewJob): Answer<boolean>;
  find(id: string): Answer<Job | undefined>;
  /** Returns jobs, newest first. */
  list(filter?: JobFilter): Answer<Job[]>;
  /** Returns a job's log, oldest line first. */
  lines(id: string): Answer<JobLine[]>;
  /** Cancels a job that is not over; returns whether it did. */
  cancel(id: string, nowUs: number): Answer<boolean>;
  /** Requeues a failed or cancelled job at its first undone step; returns whether it did. */
  retry(id: string, nowUs: number): Answer<boolean>;
  /** Throws SsmdError `WORKER_MISSING` when no worker runs; absent where callers may run jobs. */
  assertWorker?(): Promise<void>;
  schedule(name: string): Answer<ScheduleState>;
  pauseSchedule(name: string, isPaused: boolean): Answer<void>;
  /** Returns schedules made by {@linkcode JobBoard.createSchedule}, by name. */
  createdSchedules(): Answer<Schedule[]>;
  /** Creates a schedule; returns false if its name exists. */
  createSchedule(schedule: Schedule): Answer<boolean>;
  /** Deletes a created schedule; returns whether it existed. */
  deleteSchedule(name: string): Answer<boolean>;
}

/** Filter of listed jobs; absent fields match all. */
export interface JobFilter {
  state?: JobState | undefined;
  workflow?: string | undefined;
  /** Maximum jobs; default 100. */
  limit?: number;
}

import type { JsonRecord } from "@ssmd/journal";

/** Job states, in the order of a job's life. */
export const JOB_STATES = ["queued", "running", "done", "failed", "cancelled"] as const;

/** `queued` waits for its time or turn; `failed` and `cancelled` may be queued again. */
export type JobState = typeof JOB_STATES[number];

/** Error of a job or of its last attempt. */
export interface JobError {
  code: string;
  message: string;
  hint: string;
}

/** A part of a job that runs at most once to completion, across process restarts. */
export interface JobStep {
  name: string;
  startedAtUs: number;
  /** null while not known to be done: it runs again, so it must be idempotent. */
  endedAtUs: number | null;
  /** Result; null until it ends. */
  result: JsonRecord | null;
}

/** Durable work that outlives processes. Times in µs since 1970. */
export interface Job {
  /** Identifies the work, so requests are idempotent: `end-day/demo/kraken/2026-08-01`. */
  id: string;
  workflow: string;
  input: JsonRecord;
  state: JobState;
  /** Attempts so far. */
  attempts: number;
  /** Earliest start. */
  dueAtUs: number;
  createdAtUs: number;
  /** Start of the last attempt; null before the first. */
  startedAtUs: number | null;
  /** null until it is over. */
  endedAtUs: number | null;
  /** Error of the last failed attempt; null when none failed. */
  error: JobError | null;
  steps: readonly JobStep[];
}

/** A line of a job's log. */
export interface JobLine {
  atUs: number;
  message: string;
  fields: JsonRecord;
}

/** A requested job. */
export interface NewJob {
  id: string;
  workflow: string;
  input: JsonRecord;
  nowUs: number;
}

/** Stored state of a schedule. Times in µs since 1970. */
export interface ScheduleState {
  isPaused: boolean;
  /** Last due time whose jobs were requested; null when never. */
  lastAtUs: number | null;
}

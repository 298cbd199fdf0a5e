import type { JsonRecord } from "@ssmd/journal";

/** States of a job, in the order in which it may pass through them. */
export const JOB_STATES = ["queued", "running", "done", "failed", "cancelled"] as const;

/** `queued` waits for its time or its turn; `failed` and `cancelled` may be queued again. */
export type JobState = typeof JOB_STATES[number];

/** Why a job failed, or why its last try did. */
export interface JobError {
  code: string;
  message: string;
  hint: string;
}

/** A part of a job that is done at most once, whatever ends the process between two of them. */
export interface JobStep {
  name: string;
  startedAtUs: number;
  /** null = begun, and not known to be done: it is done again, so it must be idempotent. */
  endedAtUs: number | null;
  /** What it gave; null while it has not ended. */
  result: JsonRecord | null;
}

/** Work that outlives processes. Times in µs since 1970. */
export interface Job {
  /** Names what is done, so that asking twice is asking once: `end-day/demo/kraken/2026-08-01`. */
  id: string;
  workflow: string;
  input: JsonRecord;
  state: JobState;
  /** Tries so far. */
  attempts: number;
  /** When it may begin. */
  dueAtUs: number;
  createdAtUs: number;
  /** Of the last try; null = there was none. */
  startedAtUs: number | null;
  /** null = it is not over. */
  endedAtUs: number | null;
  /** Of the last try that failed; null = none did. */
  error: JobError | null;
  steps: readonly JobStep[];
}

/** A line of a job's log. */
export interface JobLine {
  atUs: number;
  message: string;
  fields: JsonRecord;
}

/** A job that is asked for. */
export interface NewJob {
  id: string;
  workflow: string;
  input: JsonRecord;
  nowUs: number;
}

/** What is kept of a schedule besides what the environment's file says. Times in µs since 1970. */
export interface ScheduleState {
  isPaused: boolean;
  /** When it was last due and its jobs were asked for; null = never. */
  lastAtUs: number | null;
}

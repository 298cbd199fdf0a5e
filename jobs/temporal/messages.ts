import type { JsonRecord } from "@ssmd/journal";
import type { JobLine, JobStep } from "../job.ts";

/** Input of a workflow run; stored by Temporal, so fields are only added. */
export interface JobStart {
  /** Environment of the job; workers of other environments refuse it. */
  env: string;
  input: JsonRecord;
  /** Steps done in the run that this one continues. */
  steps: readonly JobStep[];
  /** Request time, µs since 1970; absent when started by a schedule. */
  createdAtUs?: number;
  /** Id of the run that this one continues. */
  before?: string;
}

/** Input of the activity: a job's next step. */
export interface StepAsked {
  job: string;
  workflow: string;
  env: string;
  input: JsonRecord;
  steps: readonly JobStep[];
  /** Attempt number in this run, from 1. */
  attempt: number;
  /** Whether this is the attempt's first step. */
  begins: boolean;
}

/** Result of the activity. */
export interface StepDone {
  /** null when no step is left and the job is done. */
  step: JobStep | null;
  lines: readonly JobLine[];
}

/** Heartbeat of the activity. */
export interface StepProgress {
  step: JobStep | null;
  lines: readonly JobLine[];
}

/** Details of a failed step. */
export interface StepFailed {
  hint: string;
  /** null when the job has failed for good. */
  retryInMs: number | null;
  lines: readonly JobLine[];
}

/** Name of the activity that runs a step. */
export const NEXT_STEP = "nextStep";

import type { JsonRecord } from "@ssmd/journal";
import type { JobLine, JobStep } from "../job.ts";

/** What a run of a job begins with; Temporal keeps it, so fields are only added. */
export interface JobStart {
  /** The environment whose job it is: a queue of another one refuses it. */
  env: string;
  input: JsonRecord;
  /** Done before: by the run that this one goes on with. */
  steps: readonly JobStep[];
  /** When it was asked for, µs since 1970; absent = a schedule did. */
  createdAtUs?: number;
  /** The run that this one goes on with. */
  before?: string;
}

/** What an activity is asked: the next step of a job. */
export interface StepAsked {
  job: string;
  workflow: string;
  env: string;
  input: JsonRecord;
  steps: readonly JobStep[];
  /** Tries of this run so far, with this one. */
  attempt: number;
  /** Whether the try begins with it. */
  begins: boolean;
}

/** What an activity gives. */
export interface StepDone {
  /** null = there was none left: the job is over. */
  step: JobStep | null;
  lines: readonly JobLine[];
}

/** What an activity tells while it runs. */
export interface StepProgress {
  step: JobStep | null;
  lines: readonly JobLine[];
}

/** Details of the failure of a step. */
export interface StepFailed {
  hint: string;
  /** null = the job failed with it. */
  retryInMs: number | null;
  lines: readonly JobLine[];
}

/** Name of the activity that does a step. */
export const NEXT_STEP = "nextStep";

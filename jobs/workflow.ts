import type { JsonRecord } from "@ssmd/journal";
import { type Logger, SsmdError } from "@ssmd/runtime";
import type { JobState } from "./job.ts";

/** What a workflow has of the runner. */
export interface JobContext {
  /** Id of the job. */
  readonly job: string;
  /** Aborts when the job is cancelled or the process ends. */
  readonly signal: AbortSignal;
  /**
   * Does a part of the work, or returns what it gave when it was done before. A process that ends
   * within it does it again: `work` must be idempotent.
   */
  step(name: string, work: () => Promise<JsonRecord>): Promise<JsonRecord>;
  /** Adds a line to the job's log. */
  log(message: string, fields?: JsonRecord): void;
}

/**
 * A kind of job: steps in order. The same code for every runner, which may run it anew from its first
 * line for each step: what is done between two steps is done again, and holds nothing open.
 */
export interface Workflow {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** Throws SsmdError; one that is `retryable` is tried again with growing pauses. */
  run(input: JsonRecord, context: JobContext): Promise<void>;
}

/** What a runner is made of, whoever keeps the jobs. */
export interface RunnerParts {
  workflows: readonly Workflow[];
  logger: Logger;
  /** Records what is begun and what has ended, with the journal of the environment. */
  record: (event: JsonRecord) => Promise<void>;
  /** Told when a job is over here. */
  onEnd: (workflow: string, state: Extract<JobState, "done" | "failed" | "cancelled">) => void;
  /** First pause before a failed job is tried again; default 5 s. */
  retryFirstMs?: number;
}

/** The workflow of a name. Throws SsmdError `WORKFLOW_UNKNOWN`. */
export function workflowNamed(workflows: readonly Workflow[], name: string): Workflow {
  const found = workflows.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new SsmdError("WORKFLOW_UNKNOWN", `There is no workflow "${name}"`, {
    hint: `There are: ${workflows.map((each) => each.name).join(", ")}`,
  });
}

import type { JsonRecord } from "@ssmd/journal";
import { isoOfUs, type Logger, SsmdError } from "@ssmd/runtime";
import type { z } from "zod";
import type { JobState, NewJob } from "./job.ts";

/** Runner services for a workflow. */
export interface JobContext {
  /** Job id. */
  readonly job: string;
  /** Aborts when the job is cancelled or the process ends. */
  readonly signal: AbortSignal;
  /**
   * Runs a step, or returns its stored result. A process killed within it repeats it: `work` must
   * be idempotent.
   */
  step(name: string, work: () => Promise<JsonRecord>): Promise<JsonRecord>;
  /** Adds a line to the job's log. */
  log(message: string, fields?: JsonRecord): void;
}

/** A kind of job, without its code. */
export interface WorkflowKind<Input extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** Arguments of its jobs. */
  readonly input: Input;
  /** Subject of a job, the last part of its id; absent: the request time. */
  subjectOf?(input: z.output<Input>): string;
}

/**
 * A kind of job: steps in order. Runners may rerun the code from its start for each step, so code
 * between steps must be repeatable and hold nothing open.
 */
export interface Workflow extends WorkflowKind {
  /** Runs a job. Throws SsmdError; `retryable` ones are retried with growing pauses. */
  run(input: JsonRecord, context: JobContext): Promise<void>;
}

/** Parts of a runner, independent of the job store. */
export interface RunnerParts {
  workflows: readonly Workflow[];
  logger: Logger;
  /** Records starts and ends in the environment's journal. */
  record: (event: JsonRecord) => Promise<void>;
  /** Called when a job ends here. */
  onEnd: (workflow: string, state: Extract<JobState, "done" | "failed" | "cancelled">) => void;
  /** First retry pause; default 5 s. */
  retryFirstMs?: number;
}

/** Returns a workflow of a kind; `run` gets validated arguments. */
export function defineWorkflow<Input extends z.ZodObject>(
  kind: WorkflowKind<Input>,
  run: (input: z.output<Input>, context: JobContext) => Promise<void>,
): Workflow {
  return { ...kind, run: (input, context) => run(parseInput(kind, input), context) };
}

/** Returns a job of a kind. Throws SsmdError `JOB_INPUT_INVALID`. */
export function newJob<Input extends z.ZodObject>(
  kind: WorkflowKind<Input>,
  { env, input, nowUs }: { env: string; input: z.input<Input> & JsonRecord; nowUs: number },
): NewJob {
  const parsed = parseInput(kind, input);
  const subject = kind.subjectOf?.(parsed) ?? momentName(nowUs);
  return { id: `${kind.name}/${env}/${subject}`, workflow: kind.name, input, nowUs };
}

/** Formats a time for job ids, to the second. */
export function momentName(us: number): string {
  return `${isoOfUs(us).slice(0, 19)}Z`;
}

/** Parses a job's arguments. Throws SsmdError `JOB_INPUT_INVALID`. */
export function parseInput<Input extends z.ZodObject>(
  { name, input: schema }: WorkflowKind<Input>,
  input: unknown,
): z.output<Input> {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  const issues = error.issues.map(({ path, message }) => `${path.join(".") || name}: ${message}`);
  throw new SsmdError("JOB_INPUT_INVALID", `Wrong arguments of ${name}: ${issues.join("; ")}`, {
    hint: "`ssmd job workflows` lists the arguments of each",
  });
}

/** Finds a kind by name. Throws SsmdError `WORKFLOW_UNKNOWN`. */
export function workflowNamed<Kind extends WorkflowKind>(
  kinds: readonly Kind[],
  name: string,
): Kind {
  const found = kinds.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new SsmdError("WORKFLOW_UNKNOWN", `There is no workflow "${name}"`, {
    hint: `There are: ${kinds.map((each) => each.name).join(", ")}`,
  });
}

import type { JsonRecord } from "@ssmd/journal";
import { isoOfUs, type Logger, SsmdError } from "@ssmd/runtime";
import type { z } from "zod";
import type { JobState, NewJob } from "./job.ts";

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

/** A kind of job, without the code that does it. */
export interface WorkflowKind<Input extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** Arguments of its jobs. */
  readonly input: Input;
  /** What a job is about, the last part of its id; absent = each moment has a job of its own. */
  subjectOf?(input: z.output<Input>): string;
}

/**
 * A kind of job: steps in order. The same code for every runner, which may run it anew from its first
 * line for each step: what is done between two steps is done again, and holds nothing open.
 */
export interface Workflow extends WorkflowKind {
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

/** A workflow of a kind: `run` gets arguments that are as the kind declares them. */
export function defineWorkflow<Input extends z.ZodObject>(
  kind: WorkflowKind<Input>,
  run: (input: z.output<Input>, context: JobContext) => Promise<void>,
): Workflow {
  return { ...kind, run: (input, context) => run(parseInput(kind, input), context) };
}

/** A job of a kind. Throws SsmdError `JOB_INPUT_INVALID`. */
export function newJob<Input extends z.ZodObject>(
  kind: WorkflowKind<Input>,
  { env, input, nowUs }: { env: string; input: z.input<Input> & JsonRecord; nowUs: number },
): NewJob {
  const parsed = parseInput(kind, input);
  const subject = kind.subjectOf?.(parsed) ?? momentName(nowUs);
  return { id: `${kind.name}/${env}/${subject}`, workflow: kind.name, input, nowUs };
}

/** A moment as ids of jobs have it, to the second. */
export function momentName(us: number): string {
  return `${isoOfUs(us).slice(0, 19)}Z`;
}

/** Arguments of a job. Throws SsmdError `JOB_INPUT_INVALID`. */
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

/** The one of a name. Throws SsmdError `WORKFLOW_UNKNOWN`. */
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

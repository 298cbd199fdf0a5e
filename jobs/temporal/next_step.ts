import { ApplicationFailure, CancelledFailure, Context } from "@temporalio/activity";
import type { JsonRecord } from "@ssmd/journal";
import { nowUs, SsmdError } from "@ssmd/runtime";
import type { JobLine, JobStep } from "../job.ts";
import { jobErrorOf, RETRY_FIRST_MS, retryAfterMs } from "../retry.ts";
import { type RunnerParts, type Workflow, workflowNamed } from "../workflow.ts";
import type { StepAsked, StepDone, StepFailed } from "./messages.ts";

const HEARTBEAT_MS = 1_000;

/** Options of {@linkcode StepRunner}. */
export interface StepRunnerOptions extends RunnerParts {
  env: string;
  /** Aborts when this process ends. */
  ended: AbortSignal;
}

/** Activity of the Temporal workflow: runs the steps of jobs. */
export class StepRunner {
  #options: StepRunnerOptions;

  constructor(options: StepRunnerOptions) {
    this.#options = options;
  }

  /** Runs a job's next step. Throws ApplicationFailure with {@linkcode StepFailed}. */
  async run(asked: StepAsked): Promise<StepDone> {
    const { env, workflows } = this.#options;
    const { cancellationSignal, info } = Context.current();
    const run = new StepRun(asked, AbortSignal.any([cancellationSignal, this.#options.ended]));
    await this.#begun(asked, { run, isRepeated: info.attempt > 1 });
    const beats = setInterval(() => Context.current().heartbeat(run.progress), HEARTBEAT_MS);
    try {
      if (asked.env !== env) throw elsewhere(asked.env, env);
      const step = await run.next(workflowNamed(workflows, asked.workflow));
      if (step === null) await this.#over(asked, "done");
      return { step, lines: run.lines };
    } catch (error) {
      throw await this.#failed(asked, run, error);
    } finally {
      clearInterval(beats);
    }
  }

  async #begun(
    { job, attempt, begins }: StepAsked,
    { run, isRepeated }: { run: StepRun; isRepeated: boolean },
  ): Promise<void> {
    if (isRepeated) run.say("continues after a worker that ended");
    else if (begins) {
      run.say(`try ${attempt} begins`);
      await this.#options.record({ event: "begun", job, attempt });
    }
  }

  async #failed(asked: StepAsked, run: StepRun, cause: unknown): Promise<unknown> {
    const { ended, logger, retryFirstMs: firstMs = RETRY_FIRST_MS } = this.#options;
    // Not a failure: another worker resumes at this step.
    if (ended.aborted) return ApplicationFailure.retryable("The worker ends", "WORKER_ENDED");
    if (Context.current().cancellationSignal.aborted) {
      await this.#over(asked, "cancelled");
      return new CancelledFailure(
        "cancelled",
        undefined,
        cause instanceof Error ? cause : undefined,
      );
    }
    const { code, message, hint } = jobErrorOf(cause);
    run.say(message, { code });
    const retryInMs = retryAfterMs(cause, { attempts: asked.attempt, firstMs });
    if (retryInMs === null) await this.#over(asked, "failed");
    else logger.warn("job failed: it is tried again", { job: asked.job, in_ms: retryInMs, code });
    const failed: StepFailed = { hint, retryInMs, lines: run.lines };
    return ApplicationFailure.create({
      message,
      type: code,
      nonRetryable: true,
      details: [failed],
    });
  }

  async #over({ job, workflow }: StepAsked, state: "done" | "failed" | "cancelled"): Promise<void> {
    this.#options.onEnd(workflow, state);
    this.#options.logger.info("job ended", { job, state });
    await this.#options.record({ event: state, job });
  }
}

/** One run of a workflow's code, up to the end of its first undone step. */
class StepRun {
  #asked: StepAsked;
  #signal: AbortSignal;
  #step: JobStep | null = null;
  #lines: JobLine[] = [];
  #said = 0;

  constructor(asked: StepAsked, signal: AbortSignal) {
    this.#asked = asked;
    this.#signal = signal;
  }

  get lines(): readonly JobLine[] {
    return this.#lines;
  }

  get progress(): { step: JobStep | null; lines: readonly JobLine[] } {
    return { step: this.#step, lines: this.#lines };
  }

  /** Adds a line by the runner. */
  say(message: string, fields: JsonRecord = {}): void {
    this.#lines.push({ atUs: nowUs(), message, fields });
    this.#said = this.#lines.length;
  }

  /** Runs the next step; null when none is left. Rejects with the workflow's errors. */
  next(workflow: Workflow): Promise<JobStep | null> {
    const { job, input, steps } = this.#asked;
    const done = new Map(steps.map(({ name, result }) => [name, result]));
    const signal = this.#signal;
    const { promise, resolve, reject } = Promise.withResolvers<JobStep | null>();
    const step = async (name: string, work: () => Promise<JsonRecord>): Promise<JsonRecord> => {
      const known = done.get(name);
      if (known !== undefined && known !== null) {
        // Drop lines logged so far: they were reported with the done step.
        this.#lines.length = this.#said;
        return known;
      }
      signal.throwIfAborted();
      const startedAtUs = nowUs();
      this.#step = { name, startedAtUs, endedAtUs: null, result: null };
      const result = await work();
      this.say(`${name} is done`, result);
      resolve({ name, startedAtUs, endedAtUs: nowUs(), result });
      // Never return: the next activity reruns the code and passes this step.
      return await new Promise<never>(() => {});
    };
    const log = (message: string, fields: JsonRecord = {}) =>
      void this.#lines.push({ atUs: nowUs(), message, fields });
    workflow.run(input, { job, signal, log, step }).then(() => resolve(null), reject);
    return promise;
  }
}

function elsewhere(asked: string, env: string): SsmdError {
  return new SsmdError("TASK_QUEUE_SHARED", `A job of ${asked} came to the worker of ${env}`, {
    hint: "Give each environment a scheduler.task_queue of its own",
  });
}

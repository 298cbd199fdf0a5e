import { nowUs, sleep } from "@ssmd/runtime";
import type { Job } from "./job.ts";
import type { JobStore } from "./job_store.ts";
import { jobErrorOf, RETRY_FIRST_MS, retryAfterMs } from "./retry.ts";
import { type JobContext, type RunnerParts, workflowNamed } from "./workflow.ts";

/** Store polling interval; commands in other processes add jobs. */
const POLL_MS = 500;

/** Options of {@linkcode JobRunner}. */
interface JobRunnerOptions extends RunnerParts {
  store: JobStore;
  /** Called before each poll, to request due jobs. */
  onTick?: () => void | Promise<void>;
}

/**
 * Runs jobs one by one, each step at most once to completion. Resumes a job of a dead process at
 * its first undone step.
 */
export class JobRunner {
  #options: JobRunnerOptions;
  #ended = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Requeues jobs of an earlier process, then runs due jobs. */
  start(): void {
    const left = this.#options.store.requeueRunning(nowUs());
    if (left > 0) this.#options.logger.info("jobs of an earlier process go on", { jobs: left });
    this.#loop = this.#run();
  }

  /** Aborts the job's signal and waits for its step to end; the job resumes on the next start. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { store, logger, onTick } = this.#options;
    while (!this.#ended.signal.aborted) {
      try {
        await onTick?.();
        const job = this.#ended.signal.aborted ? undefined : store.claim(nowUs());
        if (job === undefined) await sleep(POLL_MS, this.#ended.signal);
        else await this.#runJob(job);
      } catch (error) {
        logger.error("jobs cannot be read or written: asked again", { error });
        await sleep(RETRY_FIRST_MS, this.#ended.signal);
      }
    }
  }

  async #runJob(job: Job): Promise<void> {
    const { store, logger, record, workflows, onEnd } = this.#options;
    const { id, workflow: name, input } = job;
    await record({ event: "begun", job: id, attempt: job.attempts });
    store.addLine(id, { atUs: nowUs(), message: `try ${job.attempts} begins`, fields: {} });
    const cancelled = this.#watchCancel(id);
    try {
      await workflowNamed(workflows, name).run(input, this.#contextOf(id, cancelled.signal));
      store.end(id, "done", { nowUs: nowUs() });
    } catch (error) {
      this.#failed(job, error);
    } finally {
      cancelled.close();
    }
    const state = store.find(id)?.state ?? "done";
    if (state === "queued" || state === "running") return;
    onEnd(name, state);
    logger.info("job ended", { job: id, state });
    await record({ event: state, job: id });
  }

  /** Returns a signal that aborts when the process ends or the job is cancelled. */
  #watchCancel(id: string): { signal: AbortSignal; close: () => void } {
    const cancelled = new AbortController();
    const timer = setInterval(() => {
      if (this.#options.store.find(id)?.state === "cancelled") cancelled.abort();
    }, POLL_MS);
    return {
      signal: AbortSignal.any([this.#ended.signal, cancelled.signal]),
      close: () => clearInterval(timer),
    };
  }

  #contextOf(id: string, signal: AbortSignal): JobContext {
    const { store } = this.#options;
    const done = new Map(
      store.find(id)?.steps.flatMap(({ name, result, endedAtUs }) =>
        endedAtUs === null || result === null ? [] : [[name, result] as const]
      ),
    );
    return {
      ...{ job: id, signal },
      log: (message, fields = {}) => store.addLine(id, { atUs: nowUs(), message, fields }),
      step: async (name, work) => {
        const known = done.get(name);
        if (known !== undefined) return known;
        signal.throwIfAborted();
        store.beginStep(id, name, nowUs());
        const result = await work();
        store.endStep(id, name, { nowUs: nowUs(), result });
        store.addLine(id, { atUs: nowUs(), message: `${name} is done`, fields: result });
        return result;
      },
    };
  }

  #failed({ id, attempts }: Job, cause: unknown): void {
    const { store, logger, retryFirstMs: firstMs = RETRY_FIRST_MS } = this.#options;
    const atUs = nowUs();
    // Not a failure: the job resumes at this step on the next start.
    if (this.#ended.signal.aborted) return store.postpone(id, atUs, null);
    if (store.find(id)?.state === "cancelled") {
      return store.addLine(id, { atUs, message: "cancelled", fields: {} });
    }
    const error = jobErrorOf(cause);
    store.addLine(id, { atUs, message: error.message, fields: { code: error.code } });
    const pauseMs = retryAfterMs(cause, { attempts, firstMs });
    if (pauseMs !== null) {
      store.postpone(id, atUs + pauseMs * 1000, error);
      logger.warn("job failed: it is tried again", { job: id, in_ms: pauseMs, ...error });
    } else {
      store.end(id, "failed", { nowUs: atUs, error });
      logger.error("job failed", { job: id, ...error });
    }
  }
}

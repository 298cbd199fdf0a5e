import { isFenced } from "./fence.ts";
import { ArchiveError, Backoff, type Logger, messageOf, sleep, SsmdError } from "@ssmd/runtime";
import type { ArchiverMetrics } from "./archiver_metrics.ts";

/** Retries storage actions until they succeed, with logs, and holds the current problems. */
export class StorageRetry {
  /** Current failures, by action. */
  #problems = new Map<string, string>();
  #logger: Logger;
  #metrics: ArchiverMetrics;
  #abort = new AbortController();
  #aborted: Promise<never>;
  #onProblem: () => void;

  /** `onProblem` is called on each failure. */
  constructor(logger: Logger, metrics: ArchiverMetrics, onProblem: () => void) {
    this.#onProblem = onProblem;
    this.#logger = logger;
    this.#metrics = metrics;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.#aborted = promise;
    this.#abort.signal.addEventListener("abort", () => reject(notWritten(this.problem)));
  }

  /** Current failures as one text; "" = none. */
  get problem(): string {
    return [...this.#problems.values()].join("; ");
  }

  /** Number of failed tries since the start. */
  failedTries = 0;

  /** Whether `giveUp` was called. */
  get given(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Ends all retries: running ones reject with ArchiveError `ARCHIVE_NOT_WRITTEN`. */
  giveUp(): void {
    this.#abort.abort();
  }

  /** Runs `action` with backoff until it succeeds or is given up. */
  async run<T>(what: string, action: () => Promise<T>): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      if (this.given) throw notWritten(this.problem);
      try {
        const result = await Promise.race([action(), this.#aborted]);
        if (backoff.tries > 0) this.#logger.info(`storage works again: ${what}`);
        this.#problems.delete(what);
        return result;
      } catch (error) {
        if (this.given) throw notWritten(this.problem || messageOf(error));
        if (isFenced(error)) throw error;
        await this.#wait(what, error, backoff.nextMs(error));
      }
    }
  }

  async #wait(what: string, error: unknown, delayMs: number): Promise<void> {
    this.#problems.set(what, `${what}: ${messageOf(error)}`);
    this.failedTries++;
    this.#onProblem();
    const code = error instanceof SsmdError ? error.code : "UNKNOWN";
    this.#metrics.storageErrors.inc({ code });
    this.#logger.error(`cannot ${what}; nothing is acknowledged until it works`, {
      error,
      retryInMs: Math.round(delayMs),
    });
    await sleep(delayMs, this.#abort.signal);
  }
}

/** Returns the error of an archiver closed before storage took everything. */
export function notWritten(problem: string): ArchiveError {
  return new ArchiveError(
    "ARCHIVE_NOT_WRITTEN",
    `The archiver was closed before all records were in storage${
      problem && `: ${problem.replace(/\.$/, "")}`
    }`,
    {
      hint: "Nothing of it was acknowledged: the bus delivers it again at the next start. " +
        "See that storage has room and may be written to",
      retryable: true,
    },
  );
}

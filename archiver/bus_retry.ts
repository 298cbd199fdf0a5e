import { Backoff, type Logger, messageOf, sleep, SsmdError } from "@ssmd/runtime";

/** Retries bus requests and holds the current problem. */
export class BusRetry {
  /** Why the last request failed; "" = no problem. */
  problem = "";
  #logger: Logger;
  #onProblem: () => void;
  #ended = new AbortController();

  /** `onProblem` is called on each failure that is retried. */
  constructor(logger: Logger, onProblem: () => void) {
    this.#logger = logger;
    this.#onProblem = onProblem;
  }

  /** Ends the retries; the current one is the last. */
  giveUp(): void {
    this.#ended.abort();
  }

  /** Runs `ask` until it succeeds or is given up. Rejects with errors that are not retryable. */
  async run<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      try {
        const result = await ask();
        this.problem = "";
        return result;
      } catch (error) {
        const isPassing = error instanceof SsmdError && error.retryable;
        this.problem = `cannot ${what}: ${messageOf(error)}`;
        if (!isPassing || this.#ended.signal.aborted) throw error;
        this.#logger.error(`cannot ${what}; it is tried again`, { error });
        this.#onProblem();
        await sleep(backoff.nextMs(error), this.#ended.signal);
        if (this.#ended.signal.aborted) throw error;
      }
    }
  }
}

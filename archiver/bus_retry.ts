import { Backoff, type Logger, messageOf, sleep, SsmdError } from "@ssmd/runtime";

/** Asks the bus again where that may help, and knows what is wrong now. */
export class BusRetry {
  /** What the bus does not do now; "" = nothing. */
  problem = "";
  #logger: Logger;
  #onProblem: () => void;
  #ended = new AbortController();

  /** `onProblem` is called whenever it fails. */
  constructor(logger: Logger, onProblem: () => void) {
    this.#logger = logger;
    this.#onProblem = onProblem;
  }

  /** Ends the tries: the one under way is the last. */
  giveUp(): void {
    this.#ended.abort();
  }

  /** The result of `ask`, tried until it succeeds or is given up. Rejects with what no try mends. */
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

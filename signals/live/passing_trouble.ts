import { Backoff, type Logger, sleep, StorageError, TransportError } from "@ssmd/runtime";

/** Options of {@linkcode PassingTrouble}. */
interface PassingTroubleOptions {
  logger: Logger;
  /** A try failed. */
  onTry: () => void;
  /** Aborted when nothing is tried any more. */
  ended: AbortSignal;
}

/** Tries on through what passes: hosts that cannot be kept running, storage or a bus that is away. */
export class PassingTrouble {
  /** What keeps the signals from running now; "" = nothing. */
  problem = "";
  #options: PassingTroubleOptions;
  #backoff = new Backoff({ firstMs: 1_000, maxMs: 30_000 });

  constructor(options: PassingTroubleOptions) {
    this.#options = options;
  }

  /** Rejects with what does not pass, and with anything once it is ended. */
  async through<T>(action: () => Promise<T>): Promise<T> {
    const { logger, onTry, ended } = this.#options;
    for (;;) {
      try {
        const result = await action();
        this.problem = "";
        this.#backoff.reset();
        return result;
      } catch (error) {
        // Failures of hosts are TransportErrors, too.
        const isPassing = error instanceof TransportError || error instanceof StorageError;
        if (!isPassing || ended.aborted) throw error;
        this.problem = error.message;
        onTry();
        logger.error("signals do not run; it is tried again", { error });
        await sleep(this.#backoff.nextMs(error), ended);
      }
    }
  }
}

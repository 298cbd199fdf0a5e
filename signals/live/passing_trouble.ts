import { Backoff, type Logger, sleep, StorageError, TransportError } from "@ssmd/runtime";

/** Options of {@linkcode PassingTrouble}. */
interface PassingTroubleOptions {
  logger: Logger;
  /** Called after each failed attempt. */
  onTry: () => void;
  /** Aborted to stop retrying. */
  ended: AbortSignal;
}

/** Retries actions through transient failures of hosts, storage or the bus. */
export class PassingTrouble {
  /** Error that currently stops the signals; "" when there is none. */
  problem = "";
  #options: PassingTroubleOptions;
  #backoff = new Backoff({ firstMs: 1_000, maxMs: 30_000 });

  constructor(options: PassingTroubleOptions) {
    this.#options = options;
  }

  /** Retries until success. Rejects with permanent errors, and with any error once ended. */
  async through<T>(action: () => Promise<T>): Promise<T> {
    const { logger, onTry, ended } = this.#options;
    for (;;) {
      try {
        const result = await action();
        this.problem = "";
        this.#backoff.reset();
        return result;
      } catch (error) {
        // Host failures are TransportErrors too.
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

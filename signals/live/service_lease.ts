import { CellLease, type Logger, messageOf, sleep, SsmdError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

const LOOK_MS = 500;

/** Of several services of signals on a bus one runs; the others stand by. */
export class ServiceLease {
  #lease: CellLease | undefined;
  #logger: Logger;
  #lost = Promise.withResolvers<SsmdError>();
  /** Who keeps us waiting; "" = nobody. */
  heldBy = "";

  /** A bus of this process alone needs none. */
  constructor(transport: Transport, name: string, logger: Logger) {
    this.#logger = logger;
    const cell = transport.leaseCell?.(name);
    if (cell === undefined) return;
    this.#lease = new CellLease({
      cell,
      holder: `signals, process ${Deno.pid} on ${Deno.hostname()}`,
      onAway: (error) =>
        logger.warn("the lease of the signals cannot be renewed", { error: messageOf(error) }),
      onLost: (holder) =>
        this.#lost.resolve(
          new SsmdError("SIGNALS_SUPERSEDED", `${holder} runs the signals now`, {
            hint: "Nothing is lost: start it again, and it stands by",
          }),
        ),
    });
  }

  /** Resolves when another service has taken over, as while this one was frozen. */
  get lost(): Promise<SsmdError> {
    return this.#lost.promise;
  }

  /** Waits until nobody else runs; false = it was ended before. Rejects when the bus cannot be asked. */
  async acquire(ended: AbortSignal): Promise<boolean> {
    while (!ended.aborted) {
      const heldBy = await this.#lease?.tryAcquire();
      if (heldBy === undefined) {
        this.heldBy = "";
        return true;
      }
      if (this.heldBy === "") this.#logger.info("another service runs the signals", { heldBy });
      this.heldBy = heldBy;
      await sleep(LOOK_MS, ended);
    }
    return false;
  }

  /** Gives it to the next one. */
  async release(): Promise<void> {
    await this.#lease?.release();
  }
}

import { messageOf, type SsmdError } from "./errors.ts";
import { CellLease, type LeaseCell } from "./lease.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./retry.ts";

/** Options of {@linkcode ServiceLease}. */
interface ServiceLeaseOptions {
  /** Shared by all processes of the service; absent = there is none but this one. */
  cell: LeaseCell | undefined;
  /** What the service runs, for a person: `signals`. */
  service: string;
  logger: Logger;
  /** The error of one that another process took over from. */
  superseded: (holder: string) => SsmdError;
}

const LOOK_MS = 500;

/** Of several processes of a service on a bus one runs; the others stand by. */
export class ServiceLease {
  #lease: CellLease | undefined;
  #options: ServiceLeaseOptions;
  #lost = Promise.withResolvers<SsmdError>();
  /** Who keeps us waiting; "" = nobody. */
  heldBy = "";

  /** Not held yet. */
  constructor(options: ServiceLeaseOptions) {
    const { cell, service, logger, superseded } = options;
    this.#options = options;
    if (cell === undefined) return;
    this.#lease = new CellLease({
      cell,
      holder: `${service}, process ${Deno.pid} on ${Deno.hostname()}`,
      onAway: (error) =>
        logger.warn(`the lease of the ${service} cannot be renewed`, { error: messageOf(error) }),
      onLost: (holder) => this.#lost.resolve(superseded(holder)),
    });
  }

  /** Resolves when another process has taken over, as while this one was frozen. */
  get lost(): Promise<SsmdError> {
    return this.#lost.promise;
  }

  /** Whether nobody else runs: then it is held. Rejects when the bus cannot be asked. */
  async tryAcquire(): Promise<boolean> {
    const { service, logger } = this.#options;
    const heldBy = await this.#lease?.tryAcquire() ?? "";
    if (heldBy !== "" && this.heldBy === "") {
      logger.info(`another service runs the ${service}`, { heldBy });
    }
    this.heldBy = heldBy;
    return heldBy === "";
  }

  /** Waits until nobody else runs; false = it was ended before. Rejects as {@linkcode tryAcquire}. */
  async acquire(ended: AbortSignal): Promise<boolean> {
    while (!ended.aborted) {
      if (await this.tryAcquire()) return true;
      await sleep(LOOK_MS, ended);
    }
    return false;
  }

  /** Gives it to the next one. */
  async release(): Promise<void> {
    await this.#lease?.release();
  }
}

import { messageOf, type SsmdError } from "./errors.ts";
import { CellLease, type LeaseCell } from "./lease.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./retry.ts";

/** Options of {@linkcode ServiceLease}. */
interface ServiceLeaseOptions {
  /** Cell shared by all processes of the service; undefined = this is the only process. */
  cell: LeaseCell | undefined;
  /** What the service runs, for people: `signals`. */
  service: string;
  logger: Logger;
  /** Creates the error for a process that was taken over from. */
  superseded: (holder: string) => SsmdError;
}

const LOOK_MS = 500;

/** Leader election: one process of a service runs per bus, the others stand by. */
export class ServiceLease {
  #lease: CellLease | undefined;
  #options: ServiceLeaseOptions;
  #lost = Promise.withResolvers<SsmdError>();
  /** Current holder that blocks this process; "" = none. */
  heldBy = "";

  /** Creates a lease that is not held yet. */
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

  /** Resolves when another process took over, for example while this one was frozen. */
  get lost(): Promise<SsmdError> {
    return this.#lost.promise;
  }

  /** Returns whether this process now holds the lease. Rejects when the bus is unavailable. */
  async tryAcquire(): Promise<boolean> {
    const { service, logger } = this.#options;
    const heldBy = await this.#lease?.tryAcquire() ?? "";
    if (heldBy !== "" && this.heldBy === "") {
      logger.info(`another service runs the ${service}`, { heldBy });
    }
    this.heldBy = heldBy;
    return heldBy === "";
  }

  /** Waits for the lease; false = `ended` aborted first. Rejects like {@linkcode tryAcquire}. */
  async acquire(ended: AbortSignal): Promise<boolean> {
    while (!ended.aborted) {
      if (await this.tryAcquire()) return true;
      await sleep(LOOK_MS, ended);
    }
    return false;
  }

  /** Releases the lease. */
  async release(): Promise<void> {
    await this.#lease?.release();
  }
}

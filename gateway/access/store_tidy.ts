import { dayOfMs, type Logger, messageOf } from "@ssmd/runtime";
import type { ClientStore } from "./client_store.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** Prunes the store of clients; a failed run is retried at the next interval. */
export class StoreTidy {
  #store: ClientStore;
  #logger: Logger;
  #now: () => number;

  constructor({ store, logger, now }: { store: ClientStore; logger: Logger; now: () => number }) {
    this.#store = store;
    this.#logger = logger;
    this.#now = now;
  }

  /** Ends the sessions of gateways that went away. */
  async endLostSessions(): Promise<void> {
    await this.#try(() => this.#store.endLostSessions(this.#now() - ACCESS_LIMITS.runLostMs));
  }

  /** Removes sessions and usage past their retention. */
  async prune(): Promise<void> {
    const nowMs = this.#now();
    await this.#try(() =>
      this.#store.prune({
        sessionsMs: nowMs - ACCESS_LIMITS.sessionsKeptMs,
        usageDay: dayOfMs(nowMs - ACCESS_LIMITS.usageKeptMs),
      })
    );
  }

  async #try(body: () => Promise<unknown>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.#logger.warn("old sessions and usage stay for now", { error: messageOf(error) });
    }
  }
}

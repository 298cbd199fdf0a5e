import { isoOfUs, type Logger, messageOf } from "@ssmd/runtime";
import { AccessDenied } from "./access_denied.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** Options of a {@linkcode StoreWatch}. */
interface StoreWatchOptions {
  /** Time for which cached clients stay valid while the store is away, ms. */
  keptMs: number;
  logger: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Tracks whether the store of clients answers, and whether an outage exceeds `keptMs`. */
export class StoreWatch {
  #options: StoreWatchOptions;
  /** Start of the outage; undefined = the store answers. */
  #awaySinceMs: number | undefined;
  #backAtMs = -Infinity;
  #why = "";

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  /** Notes an answer; returns true when it ends an outage. */
  noteAnswer(): boolean {
    if (this.#awaySinceMs === undefined) return false;
    this.#awaySinceMs = undefined;
    this.#backAtMs = this.#options.now();
    this.#options.logger.info("the store of clients is back");
    return true;
  }

  /** Notes a failure. */
  noteFailure(error: unknown): void {
    this.#why = messageOf(error);
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = this.#options.now();
    const what = "the client store cannot be read; known clients stay valid";
    this.#options.logger.error(what, { error: this.#why });
  }

  /** Reason why the store is not used, as a sentence; undefined = it answers. */
  get problem(): string | undefined {
    if (this.#awaySinceMs === undefined) return undefined;
    const until = this.#awaySinceMs + this.#options.keptMs;
    const meanwhile = this.isLost
      ? "nobody is let in"
      : Number.isFinite(until)
      ? `known clients go on until ${isoOfUs(until * 1000)}`
      : "known clients go on";
    return `the store of clients does not answer, ${meanwhile}: ${this.#why}`;
  }

  /** Whether the cached clients are too old to be used. */
  get isLost(): boolean {
    return this.#awaySinceMs !== undefined &&
      this.#options.now() - this.#awaySinceMs >= this.#options.keptMs;
  }

  /** Whether other gateways had time for a heartbeat since the store is back. */
  get isSettled(): boolean {
    return this.#awaySinceMs === undefined &&
      this.#options.now() - this.#backAtMs >= ACCESS_LIMITS.runLostMs;
  }

  /** Error for all callers while the cached clients are too old; undefined otherwise. */
  get denied(): AccessDenied | undefined {
    if (!this.isLost) return undefined;
    return new AccessDenied("CLIENT_STORE_LOST", "No client can be authenticated now", {
      status: 503,
      hint: "The gateway's database of clients does not answer; try again in a moment",
      retryAfterS: 5,
    });
  }
}

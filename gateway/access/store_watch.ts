import { isoOfUs, type Logger, messageOf } from "@ssmd/runtime";
import { AccessDenied } from "./access_denied.ts";
import { ACCESS_LIMITS } from "./limits.ts";

/** Options of a {@linkcode StoreWatch}. */
interface StoreWatchOptions {
  /** Time for which clients go on by what was known, ms. */
  keptMs: number;
  logger: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Whether the store of clients answers, since when it does not, and whether that is too long. */
export class StoreWatch {
  #options: StoreWatchOptions;
  /** undefined = it answers. */
  #awaySinceMs: number | undefined;
  #backAtMs = -Infinity;
  #why = "";

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  /** It answered; true = it had not done so before. */
  noteAnswer(): boolean {
    if (this.#awaySinceMs === undefined) return false;
    this.#awaySinceMs = undefined;
    this.#backAtMs = this.#options.now();
    this.#options.logger.info("the store of clients is back");
    return true;
  }

  /** It did not answer. */
  noteFailure(error: unknown): void {
    this.#why = messageOf(error);
    if (this.#awaySinceMs !== undefined) return;
    this.#awaySinceMs = this.#options.now();
    const what = "the store of clients cannot be read; what was known goes on to hold";
    this.#options.logger.error(what, { error: this.#why });
  }

  /** Why it is not used, as a sentence; undefined = it answers. */
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

  /** Whether what was known is too old to go by. */
  get isLost(): boolean {
    return this.#awaySinceMs !== undefined &&
      this.#options.now() - this.#awaySinceMs >= this.#options.keptMs;
  }

  /** Whether other gateways had time to say that they live, since it is back. */
  get isSettled(): boolean {
    return this.#awaySinceMs === undefined &&
      this.#options.now() - this.#backAtMs >= ACCESS_LIMITS.runLostMs;
  }

  /** The error of whoever is not let in since nobody knows whether they still may. */
  get denied(): AccessDenied | undefined {
    if (!this.isLost) return undefined;
    return new AccessDenied("CLIENT_STORE_LOST", "Nobody can be let in now", {
      status: 503,
      hint: "The gateway's database of clients does not answer; try again in a moment",
      retryAfterS: 5,
    });
  }
}

import type { Logger } from "@ssmd/runtime";
import type { InMessage } from "./transport.ts";

/** Held messages handed out in one turn of the event loop after `resume`. */
const CATCH_UP_MESSAGES = 1024;

/**
 * Calls a handler of messages: what it throws is counted and logged, and while it is paused
 * messages are held, in order.
 */
export class PausableHandler {
  #onMessage: (message: InMessage) => void;
  #onCaughtUp: () => void;
  #logger: Logger;
  #paused = false;
  #held: InMessage[] = [];
  #head = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #waiting: (() => void)[] = [];

  /** Calls `onCaughtUp` when, after a resume, nothing is held any more. */
  constructor(onMessage: (message: InMessage) => void, onCaughtUp: () => void, logger: Logger) {
    this.#onMessage = onMessage;
    this.#onCaughtUp = onCaughtUp;
    this.#logger = logger;
  }

  /** Whether messages are held back now. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether messages wait for their turn. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  /** Place of the oldest message that waits; undefined = none does. */
  get waitingSequence(): number | undefined {
    return this.#held[this.#head]?.streamSequence;
  }

  /** Gives the next message to the handler, or holds it. */
  take(message: InMessage): void {
    if (this.#paused || this.#held.length > 0) this.#held.push(message);
    else this.#call(message);
  }

  /** Holds what comes. */
  pause(): void {
    this.#paused = true;
  }

  /** Hands out what was held, then what comes. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#catchUpSoon();
  }

  /** Resolves when the handler has all that came by now, and at the end. */
  untilHandedOut(): Promise<void> {
    if (!this.holding) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands out nothing more. */
  close(): void {
    this.#paused = true;
    clearTimeout(this.#timer);
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #catchUpSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#catchUp();
    }, 0);
  }

  #catchUp(): void {
    for (let n = 0; n < CATCH_UP_MESSAGES && !this.#paused; n++) {
      const message = this.#held[this.#head];
      if (message === undefined) break;
      this.#head++;
      this.#call(message);
    }
    if (this.#head >= this.#held.length) {
      this.#held = [];
      this.#head = 0;
      this.#wakeWaiting();
    }
    if (this.#paused) return;
    if (this.#held.length > 0) this.#catchUpSoon();
    else this.#onCaughtUp();
  }

  #call(message: InMessage): void {
    try {
      this.#onMessage(message);
    } catch (error) {
      const failures = ++this.#failures;
      // Powers of two only: a handler that always throws must not flood the log.
      if ((failures & (failures - 1)) === 0) {
        const { subject } = message;
        this.#logger.error("a message handler threw", { subject, failures, error });
      }
    }
  }
}

import type { Logger } from "@ssmd/runtime";
import type { InMessage } from "./transport.ts";

/** Most held messages delivered per event loop turn after `resume`. */
const CATCH_UP_MESSAGES = 1024;

/**
 * Calls a message handler: its exceptions are counted and logged, and while it is paused, messages
 * are held in order.
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

  /** Calls `onCaughtUp` when all held messages were delivered after a resume. */
  constructor(onMessage: (message: InMessage) => void, onCaughtUp: () => void, logger: Logger) {
    this.#onMessage = onMessage;
    this.#onCaughtUp = onCaughtUp;
    this.#logger = logger;
  }

  /** Whether delivery is paused. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether messages are held. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  /** Stream sequence of the oldest held message; undefined = none. */
  get waitingSequence(): number | undefined {
    return this.#held[this.#head]?.streamSequence;
  }

  /** Delivers the next message, or holds it. */
  take(message: InMessage): void {
    if (this.#paused || this.#held.length > 0) this.#held.push(message);
    else this.#call(message);
  }

  /** Holds further messages. */
  pause(): void {
    this.#paused = true;
  }

  /** Delivers the held messages, then further ones. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#catchUpSoon();
  }

  /** Resolves when all messages received so far were delivered, or on close. */
  untilHandedOut(): Promise<void> {
    if (!this.holding) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Stops delivery. */
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
      // Log powers of two only: a handler that always throws must not flood the log.
      if ((failures & (failures - 1)) === 0) {
        const { subject } = message;
        this.#logger.error("a message handler threw", { subject, failures, error });
      }
    }
  }
}

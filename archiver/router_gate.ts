import { LIMITS } from "@ssmd/runtime";
import type { Consumer } from "@ssmd/transport";
import type { FlushScheduler } from "./flush_scheduler.ts";
import type { WindowRouter } from "./window_router.ts";

/** Limits memory: pauses delivery while windows cannot be written; the bus keeps the rest. */
export class RouterGate {
  #router: WindowRouter;
  #scheduler: FlushScheduler;
  #bytesMax: number;
  #consumer: Consumer | undefined;
  #isPaused = false;

  /** `bytesMax` counts all windows and waiting messages. */
  constructor(
    router: WindowRouter,
    scheduler: FlushScheduler,
    bytesMax: number = LIMITS.archiveWindowBytesMax,
  ) {
    this.#router = router;
    this.#scheduler = scheduler;
    this.#bytesMax = bytesMax;
  }

  /** Whether delivery is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Sets the consumer to pause. */
  guard(consumer: Consumer): void {
    this.#consumer = consumer;
  }

  /** Called after each message: at the limit all windows are written. */
  check(): void {
    if (!this.#isFull) return;
    this.#scheduler.begin(() => Infinity);
    if (this.#isPaused || !this.#isFull) return;
    this.#isPaused = true;
    this.#consumer?.pause();
  }

  /** Called when a batch ended or a day was loaded: resumes when there is room. */
  look(): void {
    if (!this.#isPaused || this.#scheduler.failure !== undefined) return;
    this.#scheduler.begin(() => Infinity);
    if (this.#isFull) return;
    this.#isPaused = false;
    this.#consumer?.resume();
  }

  get #isFull(): boolean {
    return this.#router.openBytes + this.#router.waitingBytes > this.#bytesMax;
  }
}

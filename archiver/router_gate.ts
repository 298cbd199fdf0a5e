import { LIMITS } from "@ssmd/runtime";
import type { Consumer } from "@ssmd/transport";
import type { FlushScheduler } from "./flush_scheduler.ts";
import type { WindowRouter } from "./window_router.ts";

/** Keeps what waits in memory below a limit: while windows cannot be written, the bus keeps the rest. */
export class RouterGate {
  #router: WindowRouter;
  #rounds: FlushScheduler;
  #bytesMax: number;
  #consumer: Consumer | undefined;
  #isPaused = false;

  /** Open; `bytesMax` is of all windows and waiting messages. */
  constructor(
    router: WindowRouter,
    rounds: FlushScheduler,
    bytesMax: number = LIMITS.archiveWindowBytesMax,
  ) {
    this.#router = router;
    this.#rounds = rounds;
    this.#bytesMax = bytesMax;
  }

  /** Whether nothing is taken from the bus. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whom to pause. */
  guard(consumer: Consumer): void {
    this.#consumer = consumer;
  }

  /** A message came: at the limit all windows are written. */
  check(): void {
    if (!this.#isFull) return;
    this.#rounds.begin(() => Infinity);
    if (this.#isPaused || !this.#isFull) return;
    this.#isPaused = true;
    this.#consumer?.pause();
  }

  /** A round ended or a day was loaded: there may be room again. */
  look(): void {
    if (!this.#isPaused || this.#rounds.failure !== undefined) return;
    this.#rounds.begin(() => Infinity);
    if (this.#isFull) return;
    this.#isPaused = false;
    this.#consumer?.resume();
  }

  get #isFull(): boolean {
    return this.#router.openBytes + this.#router.waitingBytes > this.#bytesMax;
  }
}

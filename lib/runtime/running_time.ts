/**
 * Monotonic time during which this process ran. Excludes pauses (SIGSTOP, a starved machine): data
 * that arrived meanwhile is still unread in the sockets.
 */
export class RunningTime {
  #everyMs: number;
  #steadyMs: () => number;
  #ms = 0;
  #lastMs: number;

  /** Expects a `tick` every `everyMs`. */
  constructor(everyMs: number, steadyMs: () => number = () => performance.now()) {
    this.#everyMs = everyMs;
    this.#steadyMs = steadyMs;
    this.#lastMs = steadyMs();
  }

  /** Running time, ms; a tick late by more than its interval counts as on time. */
  get nowMs(): number {
    const passedMs = this.#steadyMs() - this.#lastMs;
    return this.#ms + (passedMs > 2 * this.#everyMs ? this.#everyMs : passedMs);
  }

  /** Call from a timer before checking for timeouts; returns `nowMs`. */
  tick(): number {
    this.#ms = this.nowMs;
    this.#lastMs = this.#steadyMs();
    return this.#ms;
  }
}

/**
 * Monotonic time in which this process ran. Time in which it was stopped (SIGSTOP, a starved
 * machine) does not count: what came meanwhile lies in the sockets and is not read yet.
 */
export class RunningTime {
  #everyMs: number;
  #steadyMs: () => number;
  #ms = 0;
  #lastMs: number;

  /** `tick` is called every `everyMs`. */
  constructor(everyMs: number, steadyMs: () => number = () => performance.now()) {
    this.#everyMs = everyMs;
    this.#steadyMs = steadyMs;
    this.#lastMs = steadyMs();
  }

  /** Milliseconds since the start; a tick that is late by more than its interval counts as one on time. */
  get nowMs(): number {
    const passedMs = this.#steadyMs() - this.#lastMs;
    return this.#ms + (passedMs > 2 * this.#everyMs ? this.#everyMs : passedMs);
  }

  /** Called by the timer before it looks at what is late; gives `nowMs`. */
  tick(): number {
    this.#ms = this.nowMs;
    this.#lastMs = this.#steadyMs();
    return this.#ms;
  }
}

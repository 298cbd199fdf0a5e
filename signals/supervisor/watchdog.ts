const TICK_MS = 50;

/**
 * Time that passes while this process gets to run: on a machine that gives it no turn, a host gets
 * none either, and is not to blame. Dispose of it to end it.
 */
export class Watchdog {
  /** Resolves when the time is up. */
  readonly bitten: Promise<"late">;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Bites after `timeoutMs`, counted in ticks that were run. */
  constructor(timeoutMs: number) {
    let left = Math.ceil(timeoutMs / TICK_MS);
    this.bitten = new Promise((resolve) => {
      this.#timer = setInterval(() => {
        if (--left <= 0) resolve("late");
      }, TICK_MS);
    });
  }

  /** Bites no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

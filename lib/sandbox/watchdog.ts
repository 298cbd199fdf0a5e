import { cpuTimeMs } from "./cpu_time.ts";

const TICK_MS = 50;
/** Ticks after which the processor time is first looked at: most answers come before. */
const FIRST_TICKS = 2;
/** What neither works nor answers is late after so long, ms. */
const IDLE_MS_MAX = 60_000;

/**
 * Time that a process works without an answer. It is processor time: on a machine that gives it no
 * turn it is not to blame. Where the system does not say it, ticks of this process that were run
 * stand for it. Dispose of it to end it.
 */
export class Watchdog {
  /** Resolves when the time is up. */
  readonly bitten: Promise<"late">;
  #isDisposed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: (() => void) | undefined;

  /** Bites when the process has worked for `timeoutMs`. */
  constructor(pid: number, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<"late">();
    this.bitten = promise;
    void this.#watch(pid, timeoutMs).then((isLate) => isLate && resolve("late"));
  }

  /** Whether the time is up; false = it was disposed of. */
  async #watch(pid: number, timeoutMs: number): Promise<boolean> {
    await this.#ticks(FIRST_TICKS);
    if (this.#isDisposed) return false;
    const before = await cpuTimeMs(pid);
    let [worked, waited] = [0, 0];
    while (worked < timeoutMs && waited < IDLE_MS_MAX + timeoutMs) {
      const ticks = Math.ceil((timeoutMs - worked) / TICK_MS);
      await this.#ticks(ticks);
      if (this.#isDisposed) return false;
      waited += ticks * TICK_MS;
      const now = await cpuTimeMs(pid);
      if (before === undefined) worked = waited;
      else if (now !== undefined) worked = now - before;
    }
    return !this.#isDisposed;
  }

  async #ticks(count: number): Promise<void> {
    for (let i = 0; i < count && !this.#isDisposed; i++) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#timer = setTimeout(resolve, TICK_MS);
      });
    }
  }

  /** Bites no more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }
}

import { cpuTimeMs } from "./cpu_time.ts";

const TICK_MS = 50;
/** Ticks before the CPU time is first read: most replies arrive earlier. */
const FIRST_TICKS = 2;
/** Timeout of a process that uses no CPU and does not reply, ms. */
const IDLE_MS_MAX = 60_000;

/**
 * Limits the CPU time a process may work without replying; waiting for a busy machine does not
 * count. Where CPU time is unavailable, counts timer ticks of this process instead. Dispose of it
 * to stop.
 */
export class Watchdog {
  /** Resolves when the time is up. */
  readonly bitten: Promise<"late">;
  #isDisposed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: (() => void) | undefined;

  /** Triggers once the process has worked for `timeoutMs`. */
  constructor(pid: number, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<"late">();
    this.bitten = promise;
    void this.#watch(pid, timeoutMs).then((isLate) => isLate && resolve("late"));
  }

  /** Resolves with true when the time is up, false when disposed. */
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

  /** Stops the watchdog. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }
}

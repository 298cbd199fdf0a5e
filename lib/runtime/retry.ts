import { SsmdError } from "./errors.ts";

/** Delays between attempts. */
interface BackoffOptions {
  /** First delay; default 100. */
  firstMs?: number;
  /** Longest delay; default 30,000. */
  maxMs?: number;
  /** Growth per attempt; default 2. */
  factor?: number;
  /** Random share of the delay, plus or minus; default 0.1. */
  jitter?: number;
  /** Returns 0…1; default Math.random. */
  random?: () => number;
}

/** Growing delays: 100 ms → 30 s, doubled, ±10 %. */
export class Backoff {
  #options: Required<BackoffOptions>;
  #tries = 0;

  /** Uses `options` over the class's defaults. */
  constructor(options: BackoffOptions = {}) {
    this.#options = {
      firstMs: 100,
      maxMs: 30_000,
      factor: 2,
      jitter: 0.1,
      random: Math.random,
      ...options,
    };
  }

  /** Number of delays taken since the last reset. */
  get tries(): number {
    return this.#tries;
  }

  /** Returns the next delay, ms; for an open circuit breaker's error, its pause. */
  nextMs(error?: unknown): number {
    const pauseMs = error instanceof SsmdError && error.context["retryAfterMs"];
    if (typeof pauseMs === "number") return pauseMs;
    const { firstMs, maxMs, factor, jitter, random } = this.#options;
    const base = Math.min(maxMs, firstMs * factor ** this.#tries++);
    return base * (1 + jitter * (2 * random() - 1));
  }

  /** Resets the delay after a success. */
  reset(): void {
    this.#tries = 0;
  }
}

/** Waits; ends early, without an error, when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** A wait that can be ended early; one at a time. */
export class Pause {
  #end: (() => void) | undefined;

  /** Waits for `ms`, or until the next {@linkcode end}. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait, if there is one. */
  end(): void {
    this.#end?.();
  }
}

/** A resource that stays open until closed. */
interface Lasting {
  close(): void | Promise<void>;
}

/** Options of {@linkcode beginLasting}. */
interface BeginOptions {
  /** Called after a failed attempt, which is retried. */
  onFailed: (error: unknown, isFirst: boolean) => void;
  /** Default: from 1 s on. */
  pauses?: Backoff | undefined;
}

/**
 * Opens a resource and retries with growing pauses until it succeeds. Resolves after the first
 * attempt, whether or not it succeeded.
 */
export async function beginLasting(
  begin: () => Promise<Lasting>,
  { onFailed, pauses = new Backoff({ firstMs: 1000 }) }: BeginOptions,
): Promise<{ close(): Promise<void> }> {
  const closed = new AbortController();
  let lasting: Lasting | undefined;
  const first = Promise.withResolvers<void>();
  const run = async () => {
    for (let isFirst = true; lasting === undefined && !closed.signal.aborted; isFirst = false) {
      try {
        lasting = await begin();
        if (closed.signal.aborted) await lasting.close();
      } catch (error) {
        if (!closed.signal.aborted) onFailed(error, isFirst);
      }
      first.resolve();
      if (lasting === undefined) await sleep(pauses.nextMs(), closed.signal);
    }
  };
  void run();
  await first.promise;
  return {
    // Does not wait for a pending attempt, which closes what it opens.
    close: async () => {
      closed.abort();
      await lasting?.close();
    },
  };
}

import { SsmdError } from "./errors.ts";

/** How long to wait between tries. */
interface BackoffOptions {
  /** First delay; default 100. */
  firstMs?: number;
  /** Longest delay; default 30,000. */
  maxMs?: number;
  /** Growth a try; default 2. */
  factor?: number;
  /** Share of the delay that is left to chance, both ways; default 0.1. */
  jitter?: number;
  /** 0…1; default Math.random. */
  random?: () => number;
}

/** Delays that grow: 100 ms → 30 s, doubled, ±10 %. */
export class Backoff {
  #options: Required<BackoffOptions>;
  #tries = 0;

  /** Delays as in `options`, or as the class says. */
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

  /** How often it was asked since the last reset. */
  get tries(): number {
    return this.#tries;
  }

  /** The next delay in milliseconds; after the error of an open circuit breaker its pause. */
  nextMs(error?: unknown): number {
    const pauseMs = error instanceof SsmdError && error.context["retryAfterMs"];
    if (typeof pauseMs === "number") return pauseMs;
    const { firstMs, maxMs, factor, jitter, random } = this.#options;
    const base = Math.min(maxMs, firstMs * factor ** this.#tries++);
    return base * (1 + jitter * (2 * random() - 1));
  }

  /** Starts over, after a success. */
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

/** Something that lasts until it is closed. */
interface Lasting {
  close(): void | Promise<void>;
}

/** Options of {@linkcode beginLasting}. */
interface BeginOptions {
  /** A try failed; it is made again. */
  onFailed: (error: unknown, isFirst: boolean) => void;
  /** Default from 1 s on. */
  pauses?: Backoff | undefined;
}

/**
 * Begins something that lasts, again with growing pauses while that fails. Resolves behind the first
 * try, whatever came of it.
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
    // A try that waits for an answer is not waited for: it closes what it begins.
    close: async () => {
      closed.abort();
      await lasting?.close();
    },
  };
}

import { CacheError, isRetryable, StorageError, TransportError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { Backoff, sleep } from "./retry.ts";

/** Longest time a start is retried, from its first failure. */
const WAIT_MS_MAX = 30_000;
/** Minimum attempts, even if each takes long. */
const TRIES_MIN = 5;
const PAUSE_MS_MAX = 3_000;

interface StartOptions {
  logger: Logger;
  /** Stops retrying. */
  signal?: AbortSignal | undefined;
  /** Default 30,000. */
  waitMsMax?: number;
}

/**
 * Starts something completely or not at all: a failed `start` disposes of everything on its stack.
 * Retries transient failures of bus, storage or cache for 30 s and at least five attempts; then,
 * and for all other errors, rejects with the error of `start`.
 */
export async function startWhole<T>(
  start: (stack: AsyncDisposableStack) => Promise<T>,
  { logger, signal, waitMsMax = WAIT_MS_MAX }: StartOptions,
): Promise<T> {
  const backoff = new Backoff({ firstMs: 250, maxMs: PAUSE_MS_MAX });
  let endMs = Infinity;
  for (;;) {
    const stack = new AsyncDisposableStack();
    try {
      return await start(stack);
    } catch (error) {
      endMs = Math.min(endMs, performance.now() + waitMsMax);
      const pauseMs = backoff.nextMs();
      const isOver = backoff.tries >= TRIES_MIN && performance.now() + pauseMs > endMs;
      const isLast = isOver || !mayPass(error);
      if (!isLast) logger.warn("cannot start yet", { error, retryInMs: Math.round(pauseMs) });
      // Disposal errors are a consequence; the first error is the cause.
      await stack.disposeAsync().catch((error) =>
        logger.error("not everything could be ended", { error })
      );
      if (!isLast) await sleep(pauseMs, signal);
      if (isLast || signal?.aborted) throw error;
    }
  }
}

function mayPass(error: unknown): boolean {
  return isRetryable(error) &&
    [TransportError, StorageError, CacheError].some((kind) => error instanceof kind);
}

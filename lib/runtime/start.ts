import { CacheError, isRetryable, StorageError, TransportError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { Backoff, sleep } from "./retry.ts";

/** How long a start waits for what it uses, from its first failure on. */
const WAIT_MS_MAX = 30_000;
/** Tries even where each takes long. */
const TRIES_MIN = 5;
const PAUSE_MS_MAX = 3_000;

interface StartOptions {
  logger: Logger;
  /** Gives up waiting. */
  signal?: AbortSignal | undefined;
  /** Default 30,000. */
  waitMsMax?: number;
}

/**
 * Starts something that is in one piece or not at all: what `start` puts on its stack is ended when
 * it fails. Where bus, storage or cache failed in a way that may pass, it is started again, for 30 s and
 * five tries at least; then, and for all other errors, it rejects with what `start` threw.
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
      // What the end of the other parts meets is a consequence: the first error tells the cause.
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

import { Backoff, sleep, type StorageError } from "@ssmd/runtime";
import { type S3Failure, s3FailureOf, type S3Object } from "./s3_errors.ts";

/** Notified of each attempt, so an unresponsive server is noticed before the last one. */
export interface TryListener {
  /** An attempt failed and may be repeated. */
  failed(error: StorageError): void;
  /** An attempt succeeded. */
  succeeded(): void;
}

/** Retry policy of a request. */
export interface S3Patience {
  /** Attempts per request; default 6, about 3 s of waiting. */
  attemptsMax: number;
  /** First wait; doubles each time. */
  firstWaitMs: number;
  /** Stops retries when aborted. */
  closing?: AbortSignal;
  /** Stops the retries of one request when aborted. */
  cancelled?: AbortSignal;
  tries?: TryListener;
}

/** A request that finally failed; `attempts` > 1 means an earlier one may have taken effect. */
export class S3CallError extends Error {
  readonly failure: S3Failure;
  readonly attempts: number;

  /** Wraps the last failure. */
  constructor(failure: S3Failure, attempts: number) {
    super(failure.error.message, { cause: failure.error });
    this.failure = failure;
    this.attempts = attempts;
  }
}

/**
 * Sends a request until it succeeds, fails permanently, runs out of attempts or is cancelled.
 * Throws S3CallError.
 */
export async function attempted<T>(
  { attemptsMax, firstWaitMs, closing, cancelled, tries }: S3Patience,
  object: S3Object,
  send: (attempt: number) => Promise<T>,
): Promise<T> {
  const backoff = new Backoff({ firstMs: firstWaitMs, maxMs: 5_000 });
  const ended = () => cancelled?.aborted === true || closing?.aborted === true;
  for (let attempt = 1;; attempt++) {
    try {
      const result = await send(attempt);
      tries?.succeeded();
      return result;
    } catch (thrown) {
      const failure = s3FailureOf(thrown, object);
      if (failure.again && !ended()) tries?.failed(failure.error);
      const isLast = !failure.again || attempt >= attemptsMax || ended();
      if (isLast) throw new S3CallError(failure, attempt);
      await sleep(backoff.nextMs(), cancelled ?? closing);
    }
  }
}

/** Returns the StorageError of a failed {@linkcode attempted}, for reporting. */
export function reportedError(thrown: unknown): unknown {
  return thrown instanceof S3CallError ? thrown.failure.error : thrown;
}

/** Returns the service's code of a failed {@linkcode attempted}, or "". */
export function s3CodeOf(thrown: unknown): string {
  return thrown instanceof S3CallError ? thrown.failure.s3Code : "";
}

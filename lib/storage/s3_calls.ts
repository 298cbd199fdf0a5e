import { Backoff, sleep } from "@ssmd/runtime";
import { type S3Failure, s3FailureOf, type S3Place } from "./s3_errors.ts";

/** How often an action is tried, and how long it waits between. */
export interface S3Patience {
  /** Tries of one request; default 6, which is about 3 s of waiting. */
  attemptsMax: number;
  /** First wait; each is twice the one before. */
  firstWaitMs: number;
}

/** A request that failed for good; `attempts` tells whether an earlier try may have been done. */
export class S3CallError extends Error {
  readonly failure: S3Failure;
  readonly attempts: number;

  /** Carries the last failure. */
  constructor(failure: S3Failure, attempts: number) {
    super(failure.error.message, { cause: failure.error });
    this.failure = failure;
    this.attempts = attempts;
  }
}

/**
 * Sends a request until it succeeds, fails for good, has been tried often enough or is cancelled.
 * Throws S3CallError.
 */
export async function attempted<T>(
  { attemptsMax, firstWaitMs }: S3Patience,
  place: S3Place,
  send: (attempt: number) => Promise<T>,
  cancelled?: AbortSignal,
): Promise<T> {
  const backoff = new Backoff({ firstMs: firstWaitMs, maxMs: 5_000 });
  for (let attempt = 1;; attempt++) {
    try {
      return await send(attempt);
    } catch (thrown) {
      const failure = s3FailureOf(thrown, place);
      const isLast = !failure.again || attempt >= attemptsMax || cancelled?.aborted === true;
      if (isLast) throw new S3CallError(failure, attempt);
      await sleep(backoff.nextMs(), cancelled);
    }
  }
}

/** What a person is told of an {@linkcode attempted} that failed: its StorageError. */
export function toldError(thrown: unknown): unknown {
  return thrown instanceof S3CallError ? thrown.failure.error : thrown;
}

/** The service's code of an {@linkcode attempted} that failed, or "". */
export function s3CodeOf(thrown: unknown): string {
  return thrown instanceof S3CallError ? thrown.failure.s3Code : "";
}

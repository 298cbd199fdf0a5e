import { Backoff, sleep, type StorageError } from "@ssmd/runtime";
import { type S3Failure, s3FailureOf, type S3Object } from "./s3_errors.ts";

/** Told of each try, so that a server that does not answer is known before the last one. */
export interface TryListener {
  /** A try failed and may be repeated. */
  failed(error: StorageError): void;
  /** A try succeeded. */
  succeeded(): void;
}

/** How often an action is tried, and how long it waits between. */
export interface S3Patience {
  /** Tries of one request; default 6, which is about 3 s of waiting. */
  attemptsMax: number;
  /** First wait; each is twice the one before. */
  firstWaitMs: number;
  /** No further tries once it aborts. */
  closing?: AbortSignal;
  /** The same for one request. */
  cancelled?: AbortSignal;
  tries?: TryListener;
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

/** What a person is told of an {@linkcode attempted} that failed: its StorageError. */
export function reportedError(thrown: unknown): unknown {
  return thrown instanceof S3CallError ? thrown.failure.error : thrown;
}

/** The service's code of an {@linkcode attempted} that failed, or "". */
export function s3CodeOf(thrown: unknown): string {
  return thrown instanceof S3CallError ? thrown.failure.s3Code : "";
}

import { Backoff, isRetryable, messageOf, SsmdError } from "@ssmd/runtime";
import type { JobError } from "./job.ts";

const ATTEMPTS_MAX = 5;
const RETRY_MAX_MS = 600_000;

/** Pause before the first retry of a failed job. */
export const RETRY_FIRST_MS = 5_000;

/** Returns the pause before the next attempt, ms; null when the job has failed for good. */
export function retryAfterMs(
  cause: unknown,
  { attempts, firstMs }: { attempts: number; firstMs: number },
): number | null {
  if (!isRetryable(cause) || attempts >= ATTEMPTS_MAX) return null;
  const backoff = new Backoff({ firstMs, maxMs: RETRY_MAX_MS, factor: 4 });
  for (let i = 1; i < attempts; i++) backoff.nextMs();
  return Math.round(backoff.nextMs());
}

/** Converts a cause to a job error. */
export function jobErrorOf(cause: unknown): JobError {
  if (cause instanceof SsmdError) {
    const { code, message, hint } = cause;
    return { code, message, hint };
  }
  return { code: "JOB_FAILED", message: messageOf(cause), hint: "See the job's log" };
}

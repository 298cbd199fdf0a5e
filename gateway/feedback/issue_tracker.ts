import { SsmdError } from "@ssmd/runtime";
import type { Priority } from "./entry.ts";

/** An issue to send to a tracker. */
export interface OutgoingIssue {
  /** Idempotency key of the issue: a UUID. */
  key: string;
  /** Whether the issue may have been sent before. */
  isRetry: boolean;
  title: string;
  /** Body in Markdown. */
  body: string;
  priority: Priority;
}

/** Port to the issue tracker, which receives issues of high priority. */
export interface IssueTracker {
  /**
   * Creates an issue and returns its URL (undefined = none). Idempotent per key. Throws SsmdError
   * `TRACKER_UNAVAILABLE` or `TRACKER_REFUSED`.
   */
  create(issue: OutgoingIssue): Promise<string | undefined>;
}

/** Timeout of a tracker's answer, ms. */
const ANSWER_MS_MAX = 10_000;

/** Posts JSON without following redirects. Throws as {@linkcode IssueTracker.create} does. */
export async function postJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
  } catch (cause) {
    throw new SsmdError("TRACKER_UNAVAILABLE", "The issue tracker does not answer", {
      ...{ cause, retryable: true },
      hint: "Check gateway.issues of the environment",
    });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusedByTracker(`HTTP ${response.status}`);
}

/** Returns the error of a tracker that refuses an issue. */
export function refusedByTracker(why: string): SsmdError {
  return new SsmdError("TRACKER_REFUSED", `The issue tracker refuses: ${why}`, {
    hint: "Check the key and the team of gateway.issues",
    retryable: true,
  });
}

import { SsmdError } from "@ssmd/runtime";
import type { Priority } from "./entry.ts";

/** An issue on its way out. */
export interface OutgoingIssue {
  /** The same each time that the same issue is handed over: a UUID. */
  key: string;
  /** Whether it may have been handed over before. */
  isRetry: boolean;
  title: string;
  /** Markdown. */
  body: string;
  priority: Priority;
}

/** Where issues of high priority go: the port, and what its drivers are made from. */
export interface IssueTracker {
  /**
   * Hands an issue over and gives its address there (undefined = it has none). Handing over the same
   * key again makes no second issue. Throws SsmdError `TRACKER_UNAVAILABLE` or `TRACKER_REFUSED`.
   */
  create(issue: OutgoingIssue): Promise<string | undefined>;
}

/** Wait for an answer of a tracker. */
const ANSWER_MS_MAX = 10_000;

/** Posts JSON; no redirect is followed. Throws as {@linkcode IssueTracker.create} does. */
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

/** The error of a tracker that refuses an issue. */
export function refusedByTracker(why: string): SsmdError {
  return new SsmdError("TRACKER_REFUSED", `The issue tracker refuses: ${why}`, {
    hint: "Check the key and the team of gateway.issues",
    retryable: true,
  });
}

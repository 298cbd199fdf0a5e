import { SsmdError, suggestion } from "@ssmd/runtime";
import type { AccessDenied } from "../access/access_denied.ts";
import type { Reply } from "./reply.ts";

/** The HTTP statuses of problems. */
export const PROBLEM_TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An HTTP answer that tells what is wrong (RFC 9457). */
export class Problem extends SsmdError {
  readonly status: number;
  /** Headers that belong to the answer: `allow`, `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    hint: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, detail, { hint });
    this.status = status;
    this.headers = headers;
  }
}

/** A problem, or the refusal of the gate, as an answer. */
export function problemReply(problem: Problem | AccessDenied): Reply {
  return {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...problem.headers },
    body: JSON.stringify({
      type: "about:blank",
      title: PROBLEM_TITLES[problem.status] ?? "Error",
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      hint: problem.hint,
    }),
  };
}

/** A parameter that cannot be meant. */
export function invalidParameter(name: string, why: string, hint: string): Problem {
  return new Problem(400, "INVALID_PARAMETER", `${name} ${why}`, hint);
}

/** A parameter that there is not: a misspelt one must not be passed over. */
export function unknownParameter(name: string, allowed: readonly string[]): Problem {
  const shown = shortened(name);
  const hint = allowed.length === 0 ? "it takes none" : suggestion(shown, allowed);
  return new Problem(400, "UNKNOWN_PARAMETER", `unknown parameter "${shown}"`, hint);
}

/** A text of a client as it may stand in an answer. */
export function shortened(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}

import { SsmdError, suggestion } from "@ssmd/runtime";
import type { AccessDenied } from "../access/access_denied.ts";
import type { Reply } from "./reply.ts";

/** Titles of problems by HTTP status. */
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

/** Details of a {@linkcode Problem}. */
interface ProblemOptions {
  /** HTTP status. */
  status: number;
  hint: string;
  /** Additional headers: `allow`, `retry-after`. */
  headers?: Readonly<Record<string, string>>;
}

/** An HTTP error answer (RFC 9457). */
export class Problem extends SsmdError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, detail: string, { status, hint, headers = {} }: ProblemOptions) {
    super(code, detail, { hint });
    this.status = status;
    this.headers = headers;
  }
}

/** Returns the answer for an error. */
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

/** Returns the error of a parameter with an invalid value. */
export function invalidParameter(name: string, why: string, hint: string): Problem {
  return new Problem("INVALID_PARAMETER", `${name} ${why}`, { status: 400, hint });
}

/** Returns the error of an unknown parameter: misspelt ones are not ignored. */
export function unknownParameter(name: string, allowed: readonly string[]): Problem {
  const shown = shorten(name);
  const hint = allowed.length === 0 ? "It takes none" : suggestion(shown, allowed);
  return new Problem("UNKNOWN_PARAMETER", `Unknown parameter "${shown}"`, { status: 400, hint });
}

/** Shortens a client's text to what an answer may repeat, 64 characters. */
export function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}

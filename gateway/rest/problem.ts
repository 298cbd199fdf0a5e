import { SsmdError, suggestion } from "@ssmd/runtime";
import type { Reply } from "./reply.ts";

const TITLES: Record<number, string> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An HTTP answer that tells what is wrong (RFC 9457). */
export class Problem extends SsmdError {
  readonly status: number;

  constructor(status: number, code: string, detail: string, hint: string) {
    super(code, detail, { hint });
    this.status = status;
  }
}

/** A problem as an answer. */
export function problemReply(problem: Problem): Reply {
  const title = TITLES[problem.status] ?? "Error";
  return {
    status: problem.status,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: "about:blank",
      title,
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      hint: problem.hint,
    }),
  };
}

/** A whole number from the query; `fallback` where it is not given. Throws {@linkcode Problem}. */
export function intQuery(
  query: URLSearchParams,
  name: string,
  fallback: number,
  range: { min: number; max: number },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= range.min && value <= range.max) {
    return value;
  }
  throw new Problem(
    400,
    "INVALID_PARAMETER",
    `${name} is no whole number in its range`,
    `give ${name}=${fallback}, or another number from ${range.min} to ${range.max}`,
  );
}

/** Refuses parameters that are not known: a misspelt one must not be passed over. */
export function checkQuery(query: URLSearchParams, allowed: readonly string[]): void {
  for (const name of query.keys()) {
    if (allowed.includes(name)) continue;
    const hint = allowed.length === 0 ? "it takes none" : suggestion(name.slice(0, 64), allowed);
    throw new Problem(400, "UNKNOWN_PARAMETER", `unknown parameter "${name.slice(0, 64)}"`, hint);
  }
}

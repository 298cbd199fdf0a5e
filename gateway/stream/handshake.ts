import type { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../limits.ts";
import { PROBLEM_TITLES } from "../http/problem.ts";

/** Reason why a handshake is refused. */
interface HandshakeProblem {
  /** HTTP status. */
  status: number;
  code: string;
  detail: string;
  hint?: string;
  headers?: Readonly<Record<string, string>>;
}

/** Answers a handshake with a problem (RFC 9457) instead of an upgrade, and ends the connection. */
export function refuseHandshake(
  socket: Socket,
  { status, code, detail, hint, headers: more = {} }: HandshakeProblem,
): void {
  const title = PROBLEM_TITLES[status] ?? "Internal Server Error";
  const problem = { type: "about:blank", title, status, code, detail, hint };
  const body = new TextEncoder().encode(JSON.stringify(problem));
  const headers = {
    connection: "close",
    "content-type": "application/problem+json",
    "content-length": String(body.length),
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines}\r\n`);
  socket.end(body);
  // A client that keeps sending without reading would keep the socket half open.
  const timer = setTimeout(() => socket.destroy(), GATEWAY_LIMITS.closeWaitMs);
  socket.once("close", () => clearTimeout(timer));
}

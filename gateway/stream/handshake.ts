import type { Socket } from "node:net";

const TITLES: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** Answers a handshake with a problem (RFC 9457) in place of an upgrade, and ends the connection. */
export function refuseHandshake(
  socket: Socket,
  status: number,
  code: string,
  detail: string,
  more: { hint?: string; headers?: Record<string, string> } = {},
): void {
  const title = TITLES[status] ?? "Internal Server Error";
  const problem = { type: "about:blank", title, status, code, detail, hint: more.hint };
  const body = new TextEncoder().encode(JSON.stringify(problem));
  const headers = {
    connection: "close",
    "content-type": "application/problem+json",
    "content-length": String(body.length),
    ...more.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines}\r\n`);
  socket.end(body);
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Logger, messageOf, SsmdError, systemCodeOf } from "@ssmd/runtime";
import type { Gate } from "../access/gate.ts";
import { Refusal } from "../access/refusal.ts";
import { Problem, problemReply } from "./problem.ts";
import type { Reply } from "./reply.ts";
import type { Router } from "./router.ts";

/** A server that answers GET and HEAD from the router. */
export function restServer(router: Router, gate: Gate, logger: Logger): Server {
  return createServer((request, response) => {
    void answer(request, router, gate, logger).then((reply) => send(request, response, reply));
  });
}

/**
 * Listens. Throws {@linkcode SsmdError}: PORT_IN_USE when somebody else does, LISTEN_FAILED
 * otherwise. Gives the port.
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function listenError(error: Error, host: string, port: number): SsmdError {
  const context = { host, port };
  if (systemCodeOf(error) === "EADDRINUSE" || error.name === "AddrInUse") {
    return new SsmdError("PORT_IN_USE", `port ${port} on ${host} is in use`, {
      cause: error,
      context,
      hint: "choose another with --port, or 0 for any free one",
    });
  }
  return new SsmdError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
    context,
    hint: "check the host and port of the gateway",
  });
}

async function answer(
  request: IncomingMessage,
  router: Router,
  gate: Gate,
  logger: Logger,
): Promise<Reply> {
  try {
    const { method = "GET", headers, url = "/" } = request;
    return await router.answer(url, headers, method, (query, role) => {
      const address = request.socket.remoteAddress ?? "";
      return gate.admit({ headers, query, method, address, what: url.split("?")[0] ?? "" }, role);
    });
  } catch (error) {
    if (error instanceof Refusal) {
      const { status, code, message, hint } = error;
      return problemReply(new Problem(status, code, message, hint));
    }
    if (error instanceof Problem) return problemReply(error);
    logger.error("request failed", { path: request.url, error: messageOf(error) });
    const hint = error instanceof SsmdError && error.hint ? error.hint : "see the gateway's log";
    return problemReply(new Problem(500, "INTERNAL", "the gateway could not answer", hint));
  }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const length = typeof reply.body === "string"
    ? new TextEncoder().encode(reply.body).length
    : reply.body.length;
  const headers: Record<string, string> = { "cache-control": "no-store", ...reply.headers };
  if (reply.status !== 304) headers["content-length"] = String(length);
  if (reply.status === 405) headers["allow"] = "GET, HEAD";
  response.writeHead(reply.status, headers);
  if (request.method === "HEAD" || reply.status === 304) response.end();
  else response.end(reply.body);
}

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Logger, messageOf, SsmdError, systemCodeOf } from "@ssmd/runtime";
import type { Caller } from "../access/caller.ts";
import { isHandshake } from "../access/credential.ts";
import { callerCertificate } from "../access/client_certificate.ts";
import type { Authenticator } from "../access/authenticator.ts";
import { AccessDenied } from "../access/access_denied.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { AnswerQueue } from "./answer_queue.ts";
import { bodyOf } from "./body.ts";
import { crossOriginHeaders } from "./cross_origin.ts";
import type { HttpConnections } from "./http_connections.ts";
import { errorReply } from "./error_reply.ts";
import { Problem, PROBLEM_TITLES, problemReply } from "./problem.ts";
import { empty, type Reply } from "./reply.ts";
import { endpointOf, type Router } from "./router.ts";
import type { RouteAudit } from "./route_audit.ts";
import { send } from "./sending.ts";
import { signInPage } from "./sign_in_page.ts";
import { parseTarget } from "./target.ts";
import type { TlsFiles } from "./tls_files.ts";

/** Options of the REST server. */
interface RestServerOptions {
  /** Resolves with the routes once they are loaded. */
  router: () => Promise<Router>;
  /** Authenticates callers. */
  authenticator: Authenticator;
  logger: Logger;
  connections: HttpConnections;
  audit: RouteAudit;
  /** Absent = plain HTTP. */
  tls: TlsFiles | undefined;
  /** Counts sockets cut and requests refused, by reason. */
  onRefused: (reason: string) => void;
}

const SERVER_OPTIONS = {
  maxHeaderSize: GATEWAY_LIMITS.headerBytesMax,
  headersTimeout: GATEWAY_LIMITS.headersMs,
  requestTimeout: GATEWAY_LIMITS.requestMs,
  keepAliveTimeout: GATEWAY_LIMITS.keepAliveMs,
  connectionsCheckingInterval: GATEWAY_LIMITS.headersMs / 4,
  // A missing Host is refused in `answer`: node's own refusal has no explanation.
  requireHostHeader: false,
  // An upgrade to another protocol (h2c) is ignored.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => isHandshake(headers),
} as ServerOptions;

/** Creates the server. Slow, huge and broken requests get a problem, and their sockets are cut. */
export function restServer(options: RestServerOptions): Server {
  const { connections, onRefused, tls } = options;
  const queue = new AnswerQueue(connections, onRefused);
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    queue.add(request, response, () => serve(request, response, options));
  const server = tls?.serve(SERVER_OPTIONS, listener) ?? createServer(SERVER_OPTIONS, listener);
  server.maxRequestsPerSocket = 0;
  admitSockets(server, connections);
  server.on("secureConnection", (socket: TLSSocket) => connections.addTls(socket));
  server.on("clientError", refuseBroken);
  return server;
}

/** Lets the server see its accepted sockets when they are admitted, and not before. */
function admitSockets(server: Server, connections: HttpConnections): void {
  const emit = server.emit.bind(server);
  server.emit = (event: string | symbol, ...values: unknown[]) => {
    if (event !== "connection") return emit(event, ...values);
    const socket = values[0] as Socket;
    connections.add(socket, () => void emit(event, socket));
    return true;
  };
}

/**
 * Listens and resolves with the port. Rejects with {@linkcode SsmdError}: PORT_IN_USE when the port
 * is taken, LISTEN_FAILED otherwise.
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
    return new SsmdError("PORT_IN_USE", `Port ${port} on ${host} is in use`, {
      cause: error,
      context,
      hint: "Choose another with --port, or 0 for any free one",
    });
  }
  return new SsmdError("LISTEN_FAILED", `Cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
    context,
    hint: "Check the host and port of the gateway",
  });
}

/** Answers one request; never rejects. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: RestServerOptions,
): Promise<void> {
  // A socket's errors affect that socket only.
  request.on("error", () => {});
  response.on("error", () => {});
  try {
    await sendAnswer(request, response, options);
  } catch (error) {
    options.logger.error("an answer could not be sent", { error: messageOf(error) });
    response.destroy();
  }
}

async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  options: RestServerOptions,
): Promise<void> {
  const reply = await answer(request, options);
  // An unread body would block the next request of the connection. After a declined upgrade the
  // parser reads no further request.
  if (!request.complete || request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
  request.resume();
  const shared = crossOriginHeaders(options.authenticator.mode, request);
  await send(request, response, { ...reply, headers: { ...shared, ...reply.headers } });
}

async function answer(request: IncomingMessage, options: RestServerOptions): Promise<Reply> {
  try {
    return await answerRoute(request, options);
  } catch (error) {
    if (error instanceof AccessDenied && isNavigation(request)) {
      const page = signInPageFor(error, request, options);
      if (page !== undefined) return page;
    }
    // A body that its sender broke off: nobody reads the answer, and a log line each would be a flood.
    if (request.destroyed && !request.complete) return empty();
    return errorReply(error, request.url ?? "/", options.logger);
  }
}

/** Returns the sign-in page in place of a denial that another sign-in may overcome. */
function signInPageFor(
  { status, code, message, hint }: AccessDenied,
  request: IncomingMessage,
  { authenticator }: RestServerOptions,
): Reply | undefined {
  const issuer = authenticator.issuerSignIn?.host;
  if (code === "KEY_MISSING") return signInPage(401, { issuer });
  if (status === 401) return signInPage(401, { issuer, problem: `${message}. ${hint}` });
  if (code !== "CLIENT_DISABLED" && !isSignIn(request)) return undefined;
  return signInPage(403, { issuer, problem: `${message}. ${hint}` });
}

/** Whether a person opens a URL in a browser: a page helps more than a problem. */
function isNavigation({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers["sec-fetch-mode"] === "navigate" &&
    (headers.accept ?? "").includes("text/html");
}

function isSignIn({ url = "" }: IncomingMessage): boolean {
  return url.startsWith("/sign-in/");
}

async function answerRoute(
  request: IncomingMessage,
  { router, authenticator, audit }: RestServerOptions,
) {
  const { url = "/", headers, method = "GET" } = request;
  const { path, query } = parseTarget(url);
  const found = (await router()).find(path);
  if (method === "OPTIONS") return { ...empty(), headers: { allow: found.allow } };
  const { route, params, query: parameters } = endpointOf(found, method);
  const caller: Caller = {
    ...{ headers, query, method, what: path },
    address: request.socket.remoteAddress ?? "",
    isProbe: route.isProbe === true,
    ...callerCertificate(request.socket),
  };
  const access = await authenticator.authenticate(caller, route.role)
    .catch((error) => audit.refuseCaller(error, route, caller.address));
  const call = { client: access.client, address: caller.address, params: found.params, query };
  return await audit.run(route, call, async () => {
    const checked = { params: params.check(found.params), query: parameters.ofQuery(query) };
    const body = await bodyOf(request, route);
    const isEncrypted = request.socket instanceof TLSSocket;
    const given = { ...checked, body, access, headers, isEncrypted, address: caller.address };
    const reply = await route.handler(given);
    if (reply.signedIn !== undefined) call.client = reply.signedIn;
    return reply;
  });
}

/** Answers invalid or too slow bytes once; then closes the socket. */
function refuseBroken(error: Error & { code?: string }, socket: Socket): void {
  const isStranger = socket instanceof TLSSocket && socket.getProtocol() === null;
  if (isStranger || !socket.writable || socket.writableEnded) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = problemReply(brokenProblem(error.code ?? ""));
  const head = Object.entries({ ...headers, connection: "close", "cache-control": "no-store" })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const title = PROBLEM_TITLES[status] ?? "Error";
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\n${head}content-length: ${
      new TextEncoder().encode(body as string).length
    }\r\n\r\n${body}`,
  );
  // A client that keeps sending without reading would keep the socket half open.
  const timer = setTimeout(() => socket.destroy(), GATEWAY_LIMITS.closeWaitMs);
  socket.once("close", () => clearTimeout(timer));
}

function brokenProblem(code: string): Problem {
  if (code === "HPE_HEADER_OVERFLOW") {
    const hint = `address and headers: at most ${GATEWAY_LIMITS.headerBytesMax} bytes together`;
    return new Problem("HEADERS_TOO_LARGE", "The headers are too large", { status: 431, hint });
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    const hint = `send headers within ${GATEWAY_LIMITS.headersMs / 1000} s`;
    return new Problem("REQUEST_TIMEOUT", "The request did not come in time", {
      status: 408,
      hint,
    });
  }
  return new Problem("INVALID_HTTP", "This is no HTTP/1.1 request", {
    status: 400,
    hint: "Speak plain HTTP/1.1",
  });
}

import type { Buffer } from "node:buffer";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { type Logger, messageOf, nowUs } from "@ssmd/runtime";
import { WebSocketServer } from "ws";
import type { Access } from "../access/access.ts";
import type { Caller } from "../access/caller.ts";
import { callerCertificate } from "../access/client_certificate.ts";
import type { Authenticator } from "../access/authenticator.ts";
import { AccessDenied } from "../access/access_denied.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { HttpConnections } from "../http/http_connections.ts";
import { Problem } from "../http/problem.ts";
import { parseTarget } from "../http/target.ts";
import { TurnQueue } from "../http/turn_queue.ts";
import type { Client } from "./client.ts";
import { Connection, StreamSocket } from "./connection.ts";
import type { EndedConnectionInfo } from "../protocol/connection.ts";
import { connectionInfo } from "./connection_info.ts";
import { wantsDeflate } from "./connection_query.ts";
import { refuseHandshake } from "./handshake.ts";
import { DEFLATE_WINDOW_BITS } from "./frames.ts";
import { requestOfQuery } from "./request.ts";
import type { StreamContext } from "./request_handler.ts";
import type { BufferLimits, SlowPolicy } from "../protocol/slow_policy.ts";
import { welcomeOf } from "./welcome.ts";

const SERVER_OPTIONS = {
  noServer: true,
  maxPayload: GATEWAY_LIMITS.clientFrameBytesMax,
  clientTracking: false,
  WebSocket: StreamSocket,
} as const;
/** Interval of checks for clients that drop for too long. */
const SLOW_LOOK_MS = 500;

function destroy(this: Socket): void {
  this.destroy();
}

/** Path of the stream. */
const STREAM_PATH = "/v1/stream";

/** Options of {@linkcode StreamServer}. */
interface StreamServerOptions {
  version: string;
  /** Maximum number of connected clients; a further one gets 503. */
  clientsMax: number;
  /** Sockets of the HTTP server; those of streams count as busy. */
  connections: HttpConnections;
  context: StreamContext;
  /** Authenticates connections. */
  authenticator: Authenticator;
  logger: Logger;
  /** Default policy of clients. */
  policy: SlowPolicy;
  limits: BufferLimits;
  /** Ping interval, and silence after which a client is disconnected, ms. */
  silence: { pingEveryMs: number; deadAfterMs: number };
}

/**
 * WebSocket server: `ws` does handshake, reading, ping, close and limits; prepared frames go
 * straight to its socket, each write holding whole frames.
 */
export class StreamServer {
  #options: StreamServerOptions;
  #plain = new WebSocketServer({ ...SERVER_OPTIONS, perMessageDeflate: false });
  #deflating = new WebSocketServer({
    ...SERVER_OPTIONS,
    perMessageDeflate: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: DEFLATE_WINDOW_BITS,
    },
  });
  #connections = new Map<Client, Connection>();
  #handshakes = 0;
  #turns = new TurnQueue(GATEWAY_LIMITS.handshakesPerTurnMax);
  #history: EndedConnectionInfo[] = [];
  #timers: ReturnType<typeof setInterval>[];
  #nextId = 1;
  #isClosing = false;
  #probedMs = performance.now();

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => this.#probeAll(), options.silence.pingEveryMs),
      setInterval(() => this.#endSlowClients(), SLOW_LOOK_MS),
    ];
  }

  /** Open connections. */
  get connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** Returns the open connection with this number; undefined = none. */
  connection(id: number): Connection | undefined {
    for (const connection of this.#connections.values()) {
      if (connection.client.id === id) return connection;
    }
    return undefined;
  }

  /** Ended connections, the newest last, at most `clientHistoryMax`. */
  get history(): readonly EndedConnectionInfo[] {
    return this.#history;
  }

  /** Handles the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", destroy);
      this.#options.connections.markBusy(socket);
      this.#turns.run(socket.remoteAddress ?? "", () => {
        this.#upgrade(request, socket, head).catch((error) => this.#refuse(socket, error));
      });
    });
  }

  /** Ends the connection of a client that does not keep up. */
  endSlowClient(client: Client, why: "slow" | "overrun"): void {
    const connection = this.#connections.get(client);
    if (connection === undefined || connection.reason !== "") return;
    this.#options.logger.warn("a client does not read and is cut off", { client: client.id, why });
    connection.refuseSlow();
  }

  /** Closes all connections; destroys sockets that do not answer. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers) clearInterval(timer);
    const all = [...this.#connections.values()];
    const closed = all.map((connection) => connection.closed);
    for (const connection of all) connection.close(1001, "the gateway stops");
    await Promise.all(closed);
    this.#plain.close();
    this.#deflating.close();
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    if (socket.destroyed) return;
    const { path, query } = parseTarget(request.url ?? "/");
    if (path !== STREAM_PATH) {
      return refuseHandshake(socket, {
        status: 404,
        code: "unknown_route",
        detail: `streams are at ${STREAM_PATH}`,
      });
    }
    if (this.#connections.size + this.#handshakes >= this.#options.clientsMax) {
      const detail = "as many clients are connected as may be; try again later";
      return refuseHandshake(socket, { status: 503, code: "too_many_clients", detail });
    }
    const caller: Caller = {
      headers: request.headers,
      query,
      method: request.method ?? "GET",
      what: STREAM_PATH,
      address: socket.remoteAddress ?? "",
      ...callerCertificate(socket),
    };
    this.#handshakes++;
    try {
      const access = await this.#options.authenticator.authenticate(caller);
      // The ticket is consumed and not an option of the stream.
      query.delete("ticket");
      if (socket.destroyed) return;
      const connection = await this.#openConnection(socket, access, caller);
      if (connection === undefined) return;
      const wss = wantsDeflate(query) ? this.#deflating : this.#plain;
      wss.handleUpgrade(request, socket, head, (ws: StreamSocket) => {
        this.#options.connections.markProven(socket);
        this.#start(connection, ws, query);
      });
    } finally {
      this.#handshakes--;
    }
  }

  /** Returns undefined when the caller disconnected meanwhile, or the server is closing. */
  async #openConnection(
    socket: Socket,
    access: Access,
    caller: Caller,
  ): Promise<Connection | undefined> {
    const { context, authenticator, limits, policy, silence } = this.#options;
    const connection = new Connection({
      ...{ id: this.#nextId++, socket, access, context, limits, ...silence },
      ...{ address: caller.address, query: caller.query, policyDefault: policy },
    });
    await connection.openSession(authenticator, caller);
    // Its records come no more; it would also keep the server from closing.
    if (this.#isClosing) socket.destroy();
    if (socket.destroyed) return void connection.end();
    socket.on("close", () => this.#remove(connection));
    return connection;
  }

  #start(connection: Connection, ws: StreamSocket, query: URLSearchParams): void {
    const { context, version, silence } = this.#options;
    const { client, access } = connection;
    this.#connections.set(client, connection);
    const welcome = welcomeOf({ ...context, version, ...silence }, access, client);
    connection.start(ws, welcome, requestOfQuery(query));
  }

  #remove(connection: Connection): void {
    const wasOpen = this.#connections.delete(connection.client);
    // Read before `end` releases the connection's state.
    const info = wasOpen ? connectionInfo(connection) : undefined;
    connection.end();
    if (info === undefined) return;
    if (nowUs() - connection.sinceUs < GATEWAY_LIMITS.shortStreamMs * 1000) {
      this.#options.connections.addShortStream(connection.address);
    }
    this.#history.push({ ...info, until: Date.now(), reason: connection.reason });
    if (this.#history.length > GATEWAY_LIMITS.clientHistoryMax) this.#history.shift();
  }

  #refuse(socket: Socket, error: unknown): void {
    if (socket.destroyed) return;
    if (error instanceof AccessDenied || error instanceof Problem) {
      const { status, code, message, hint, headers } = error;
      return refuseHandshake(socket, { status, code, detail: message, hint, headers });
    }
    this.#options.logger.error("a handshake failed", { error: messageOf(error) });
    refuseHandshake(socket, {
      status: 500,
      code: "INTERNAL",
      detail: "the gateway could not answer",
    });
  }

  #endSlowClients(): void {
    const latestUs = nowUs() - this.#options.limits.droppingMsMax * 1000;
    for (const { client } of this.#connections.values()) {
      const since = client.sendQueue.droppingSinceUs;
      if (since > 0 && since < latestUs) this.endSlowClient(client, "slow");
    }
  }

  #probeAll(): void {
    const nowMs = performance.now();
    const stoppedMs = Math.max(0, nowMs - this.#probedMs - 2 * this.#options.silence.pingEveryMs);
    this.#probedMs = nowMs;
    for (const connection of this.#connections.values()) {
      if (connection.probe(stoppedMs)) continue;
      this.#options.logger.info("client is silent and let go", { client: connection.client.id });
    }
  }
}

import type { Buffer } from "node:buffer";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { type Logger, messageOf } from "@ssmd/runtime";
import { type WebSocket, WebSocketServer } from "ws";
import type { Access } from "../access/access.ts";
import type { Caller, Gate } from "../access/gate.ts";
import { Refusal } from "../access/refusal.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { MarketData } from "../state/market_data.ts";
import type { Client } from "./client.ts";
import { Connection } from "./connection.ts";
import { refuseHandshake } from "./handshake.ts";
import type { Hub } from "./hub.ts";
import { requestOfQuery } from "./request.ts";
import { welcomeOf } from "./welcome.ts";

/** Where the stream is. */
export const STREAM_PATH = "/v1/stream";

/** What a {@linkcode StreamServer} is made of. */
export interface StreamServerOptions {
  env: string;
  version: string;
  data: MarketData;
  hub: Hub;
  /** Who lets connections in. */
  gate: Gate;
  logger: Logger;
}

/**
 * The WebSocket side: handshake, reading, ping, close and limits are those of `ws`; prepared
 * frames go straight to its socket, each write holding whole frames.
 */
export class StreamServer {
  #options: StreamServerOptions;
  #wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: GATEWAY_LIMITS.clientFrameBytesMax,
    clientTracking: false,
  });
  #connections = new Map<Client, Connection>();
  #handshakes = 0;
  #timer: ReturnType<typeof setInterval>;
  #nextId = 1;

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#probeAll(), GATEWAY_LIMITS.pingEveryMs);
  }

  /** Takes the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      void this.#upgrade(request, socket, head);
    });
  }

  /** Ends the connection of a client that cannot keep up with what must not be dropped. */
  overrun(client: Client): void {
    const connection = this.#connections.get(client);
    if (connection === undefined) return;
    this.#options.logger.warn("client is cut off: it does not read", { client: client.id });
    connection.cut("does not read");
  }

  /** Says goodbye to all clients; sockets that do not answer are destroyed. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.#connections.values()];
    const closed = all.map((connection) => connection.closed);
    for (const connection of all) connection.close(1001, "the gateway stops");
    const timer = setTimeout(() => {
      for (const connection of all) connection.cut("the gateway stops");
    }, GATEWAY_LIMITS.closeWaitMs);
    await Promise.all(closed);
    clearTimeout(timer);
    this.#wss.close();
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", "http://gateway");
    if (url.pathname !== STREAM_PATH) {
      return refuseHandshake(socket, 404, "unknown_route", `streams are at ${STREAM_PATH}`);
    }
    if (this.#connections.size + this.#handshakes >= GATEWAY_LIMITS.clientsMax) {
      const detail = "as many clients are connected as may be; try again later";
      return refuseHandshake(socket, 503, "too_many_clients", detail);
    }
    const caller: Caller = {
      headers: request.headers,
      query: url.searchParams,
      method: request.method ?? "GET",
      address: socket.remoteAddress ?? "",
    };
    this.#handshakes++;
    try {
      const access = await this.#options.gate.admit(caller);
      if (socket.destroyed) return;
      const connection = this.#enter(socket, access, caller);
      this.#wss.handleUpgrade(request, socket, head, (ws: WebSocket) => {
        this.#opened(connection, ws, url);
      });
    } catch (error) {
      this.#refuse(socket, error);
    } finally {
      this.#handshakes--;
    }
  }

  #enter(socket: Socket, access: Access, caller: Caller): Connection {
    const { hub, data, gate } = this.#options;
    const connection = new Connection({ id: this.#nextId++, socket, access, hub, data });
    connection.enter(gate, caller);
    socket.on("close", () => {
      this.#connections.delete(connection.client);
      connection.leave();
    });
    return connection;
  }

  #opened(connection: Connection, ws: WebSocket, url: URL): void {
    const { client, access } = connection;
    this.#connections.set(client, connection);
    ws.on("error", (error: Error) => {
      this.#options.logger.debug("client connection failed", { client: client.id, error });
    });
    connection.open(ws, welcomeOf(this.#options, access), requestOfQuery(url.searchParams));
  }

  #refuse(socket: Socket, error: unknown): void {
    if (error instanceof Refusal) {
      const { status, code, message, hint, headers } = error;
      return refuseHandshake(socket, status, code, message, { hint, headers });
    }
    this.#options.logger.error("a handshake failed", { error: messageOf(error) });
    refuseHandshake(socket, 500, "INTERNAL", "the gateway could not answer");
  }

  #probeAll(): void {
    for (const connection of this.#connections.values()) {
      if (connection.probe()) continue;
      this.#options.logger.info("client is silent and let go", { client: connection.client.id });
    }
  }
}

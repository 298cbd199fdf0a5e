import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Buffer } from "node:buffer";
import { type WebSocket, WebSocketServer } from "ws";
import type { Logger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import { Client } from "./client.ts";
import type { Hub } from "./hub.ts";
import { RequestError, requestOfQuery } from "./request.ts";
import { PROTOCOL_VERSION, Session } from "./session.ts";
import type { MarketData } from "../state/market_data.ts";

/** Where the stream is. */
export const STREAM_PATH = "/v1/stream";

/** What a {@linkcode StreamServer} is made of. */
export interface StreamServerOptions {
  env: string;
  version: string;
  data: MarketData;
  hub: Hub;
  logger: Logger;
}

interface Connection {
  ws: WebSocket;
  client: Client;
  seenMs: number;
  /** Requests that may still come now. */
  tokens: number;
  tokensMs: number;
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
  #timer: ReturnType<typeof setInterval>;
  #nextId = 1;

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#pingAll(), GATEWAY_LIMITS.pingEveryMs);
  }

  /** Takes the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      const url = new URL(request.url ?? "/", "http://gateway");
      if (url.pathname !== STREAM_PATH) return refuse(socket, 404, `streams are at ${STREAM_PATH}`);
      if (this.#connections.size >= GATEWAY_LIMITS.clientsMax) {
        return refuse(socket, 503, "as many clients are connected as may be; try again later");
      }
      this.#wss.handleUpgrade(request, socket, head, (ws: WebSocket) => {
        this.#connected(ws, socket, url);
      });
    });
  }

  /** Ends the connection of a client that cannot keep up with what must not be dropped. */
  overrun(client: Client): void {
    const connection = this.#connections.get(client);
    if (connection === undefined) return;
    this.#options.logger.warn("client is cut off: it does not read", { client: client.id });
    connection.ws.terminate();
  }

  /** Says goodbye to all clients; sockets that do not answer are destroyed. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.#connections.values()];
    const closed = all.map(({ ws }) => new Promise((resolve) => ws.once("close", resolve)));
    for (const { ws } of all) ws.close(1001, "the gateway stops");
    const timer = setTimeout(() => {
      for (const { ws } of all) ws.terminate();
    }, GATEWAY_LIMITS.closeWaitMs);
    await Promise.all(closed);
    clearTimeout(timer);
    this.#wss.close();
  }

  #connected(ws: WebSocket, socket: Socket, url: URL): void {
    const { hub, data } = this.#options;
    const sink = {
      write: (bytes: Uint8Array, done: () => void) => socket.writable && socket.write(bytes, done),
    };
    const client = new Client(this.#nextId++, sink, hub);
    const session = new Session(client, { data, hub });
    const connection: Connection = {
      ws,
      client,
      seenMs: performance.now(),
      tokens: GATEWAY_LIMITS.clientRequestsPerSecondMax * 2,
      tokensMs: performance.now(),
    };
    this.#connections.set(client, connection);
    hub.add(client);
    ws.on("message", (bytes: Buffer, isBinary: boolean) => {
      connection.seenMs = performance.now();
      this.#onMessage(connection, session, bytes, isBinary);
    });
    ws.on("pong", () => void (connection.seenMs = performance.now()));
    ws.on("error", (error: Error) => {
      this.#options.logger.debug("client connection failed", { client: client.id, error });
    });
    ws.on("close", () => {
      this.#connections.delete(client);
      hub.remove(client);
    });
    this.#welcome(client);
    const request = requestOfQuery(url.searchParams);
    if (request !== undefined) session.onRequest(request);
  }

  #welcome(client: Client): void {
    const { env, version, data } = this.#options;
    client.control(JSON.stringify({
      type: "welcome",
      protocol: PROTOCOL_VERSION,
      server: `ssmd/${version}`,
      env,
      feeds: [...data.feeds.keys()],
      markets: data.marketCount,
      ping_ms: GATEWAY_LIMITS.pingEveryMs,
      ts: Date.now(),
    }));
  }

  #onMessage(connection: Connection, session: Session, bytes: Buffer, isBinary: boolean): void {
    if (!spend(connection)) {
      const most = GATEWAY_LIMITS.clientRequestsPerSecondMax;
      session.refuse(
        new RequestError("too_many_requests", "requests come too fast", `at most ${most} a second`),
      );
      connection.client.flush();
      connection.ws.close(1008, "too many requests");
    } else if (isBinary) {
      session.refuse(
        new RequestError("binary_not_supported", "the message is binary", "send JSON as text"),
      );
    } else session.onText(bytes.toString("utf8"));
  }

  #pingAll(): void {
    const now = performance.now();
    for (const { ws, seenMs, client } of this.#connections.values()) {
      if (now - seenMs <= GATEWAY_LIMITS.deadAfterMs) ws.ping();
      else {
        this.#options.logger.info("client is silent and let go", { client: client.id });
        ws.terminate();
      }
    }
  }
}

/** Takes a token for one request; false when the client asks too often. */
function spend(connection: Connection): boolean {
  const now = performance.now();
  const rate = GATEWAY_LIMITS.clientRequestsPerSecondMax;
  const refill = (now - connection.tokensMs) / 1000 * rate;
  connection.tokens = Math.min(rate * 2, connection.tokens + refill) - 1;
  connection.tokensMs = now;
  return connection.tokens >= 0;
}

function refuse(socket: Socket, status: number, detail: string): void {
  const title = status === 404 ? "Not Found" : "Service Unavailable";
  const body = JSON.stringify({ type: "about:blank", title, status, detail });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}

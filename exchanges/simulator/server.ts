import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { ConfigError, systemCodeOf } from "@ssmd/runtime";

/** Largest message of a client. */
const CLIENT_FRAME_BYTES_MAX = 8 * 1024 * 1024;

/** An HTTP request, not for the WebSocket. */
export interface SimulatorRequest {
  method: string;
  url: URL;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** Options of {@linkcode SimulatorServer}. */
interface SimulatorServerOptions {
  port: number;
  /** Path of the WebSocket. */
  path: string;
  /** Status and body of a refusal; undefined = the handshake is accepted. */
  check(request: IncomingMessage): Promise<{ status: number; body: string } | undefined>;
  /** Handles an accepted client. */
  connected(socket: WebSocket, raw: Duplex): void;
  /** Handles any other HTTP request; never rejects. */
  request(request: SimulatorRequest): Promise<{ status: number; body: string }>;
}

const LOOPBACK = "127.0.0.1";
const MALFORMED = {
  status: 400,
  body: `{"error":{"code":"bad_request","message":"malformed request target"}}`,
};
const STATUS_TEXT: Record<number, string> = { 401: "Unauthorized", 404: "Not Found" };

/** HTTP server with a WebSocket on one path. */
export class SimulatorServer {
  #options: SimulatorServerOptions;
  #http: Server;
  #sockets: WebSocketServer;
  #raw = new Set<Duplex>();

  constructor(options: SimulatorServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: CLIENT_FRAME_BYTES_MAX,
    });
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on("upgrade", (request, raw, head) => void this.#upgrade(request, raw, head));
    this.#http.on("connection", (raw: Duplex) => {
      this.#raw.add(raw);
      raw.on("close", () => this.#raw.delete(raw));
    });
  }

  /** Returns the port. Throws ConfigError `PORT_IN_USE` or `LISTEN_FAILED`. */
  listen(): Promise<number> {
    const { port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once("error", (cause) => {
        const used = systemCodeOf(cause) === "EADDRINUSE";
        reject(
          new ConfigError(
            used ? "PORT_IN_USE" : "LISTEN_FAILED",
            used
              ? `Port ${port} is in use by another program`
              : `Nothing can be served on ${LOOPBACK}:${port}`,
            {
              cause,
              context: { host: LOOPBACK, port },
              hint: used ? "Choose another port, or 0 for a free one" : "Choose another port",
            },
          ),
        );
      });
      this.#http.listen(port, LOOPBACK, () => resolve((this.#http.address() as AddressInfo).port));
    });
  }

  async #upgrade(request: IncomingMessage, raw: Duplex, head: Uint8Array): Promise<void> {
    raw.on("error", () => {});
    const path = (request.url ?? "/").split("?")[0];
    const refusal = path === this.#options.path
      ? await this.#options.check(request)
      : { status: 404, body: `{"error":"not found, the WebSocket is at ${this.#options.path}"}` };
    if (refusal !== undefined) return refuse(raw, refusal.status, refusal.body);
    this.#sockets.handleUpgrade(
      request,
      raw,
      head as Parameters<WebSocketServer["handleUpgrade"]>[2],
      (socket: WebSocket) => this.#options.connected(socket, raw),
    );
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => body += chunk);
    request.on("end", async () => {
      const { method = "GET", headers } = request;
      const url = targetOf(request.url ?? "/");
      const answer = url === undefined
        ? MALFORMED
        : await this.#options.request({ method, url, headers, body });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(answer.body + "\n");
    });
  }

  /** Closes all connections and frees the port. */
  close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    for (const raw of this.#raw) raw.destroy();
    return new Promise((resolve) => this.#http.close(() => resolve()));
  }
}

/** URL of a request's target; undefined when malformed, also when its path cannot be decoded. */
function targetOf(target: string): URL | undefined {
  const url = URL.parse(target.startsWith("/") ? `http://127.0.0.1${target}` : target);
  try {
    decodeURIComponent(url?.pathname ?? "");
  } catch {
    return undefined;
  }
  return url?.protocol === "http:" ? url : undefined;
}

function refuse(raw: Duplex, status: number, body: string): void {
  const bytes = new TextEncoder().encode(body).length;
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Error"}\r\ncontent-type: application/json\r\n` +
      `content-length: ${bytes}\r\nconnection: close\r\n\r\n${body}`,
  );
}

import type { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** Raw TCP connection: sends any bytes and keeps what it receives. */
export class RawSocket {
  readonly socket: Socket;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  received = "";
  over = false;

  constructor(port: number, text = "", localAddress = "127.0.0.1") {
    this.socket = connect({ port, host: "127.0.0.1", localAddress });
    if (text !== "") this.socket.write(text, "latin1");
    this.socket.on("data", (data: Buffer) => this.received += data.toString("latin1"));
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) =>
      this.socket.on("close", () => {
        this.over = true;
        resolve();
      })
    );
  }

  /** Statuses of the answers so far. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }
}

/** The text of a request; `headers` come in the order in which they are written. */
export function requestText(
  target: string,
  headers: Record<string, string> = {},
  method = "GET",
): string {
  const lines = Object.entries({ Host: "127.0.0.1", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n`;
}

/** Headers of a valid WebSocket handshake. */
export const WEBSOCKET_HEADERS: Record<string, string> = {
  "Connection": "Upgrade",
  "Upgrade": "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

/** Sends one request on its own connection; returns all bytes received until it closed. */
export async function askRaw(port: number, text: string): Promise<string> {
  const raw = new RawSocket(port, text);
  await raw.closed;
  return raw.received;
}

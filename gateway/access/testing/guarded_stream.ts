import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import type { Buffer } from "node:buffer";
import { WebSocket } from "ws";
import { CANARY, HIDDEN_FEED } from "./guarded_gateway.ts";

/** A received message. */
export type StreamMessage = Record<string, unknown> & { type: string };

/** A stream opened with a key; keeps every received byte. */
export class GuardedStream {
  readonly messages: StreamMessage[] = [];
  /** Close code once closed. */
  readonly closed: Promise<number>;
  #ws: WebSocket;
  #text = "";
  #wakes: (() => void)[] = [];
  #pings = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (bytes: Buffer) => {
      this.#text += `${bytes.toString()}\n`;
      this.messages.push(JSON.parse(bytes.toString()));
      this.#wake();
    });
    // A refused handshake also ends in `close`, which rejects the waiters.
    ws.on("error", () => {});
    ws.on("close", () => this.#wake());
    this.closed = new Promise((resolve) => ws.once("close", resolve));
  }

  /**
   * Opens a stream from a local address; waits for its welcome. Rejects when the handshake is
   * refused.
   */
  static async open(
    url: string,
    key: string,
    localAddress: string = "127.0.0.1",
  ): Promise<GuardedStream> {
    const options = { headers: { authorization: `Bearer ${key}` }, localAddress };
    const ws = new WebSocket(`${url.replace("http", "ws")}/v1/stream`, options);
    const stream = new GuardedStream(ws);
    await stream.next("welcome");
    return stream;
  }

  send(message: unknown): void {
    this.#ws.send(JSON.stringify(message));
  }

  /** Waits for a message of a type; earlier ones count. */
  async next(
    type: string,
    fits: (message: StreamMessage) => boolean = () => true,
  ): Promise<StreamMessage> {
    for (;;) {
      const found = this.messages.find((message) => message.type === type && fits(message));
      if (found !== undefined) return found;
      assert.ok(this.#ws.readyState <= 1, `closed while waiting for ${type}`);
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  /** Waits until everything sent before is answered. */
  async settle(): Promise<void> {
    const id = `settle-${this.#pings++}`;
    this.send({ action: "ping", id });
    await this.next("pong", (message) => message["id"] === id);
    const at = this.messages.findIndex((message) => message["id"] === id);
    this.messages.splice(at, 1);
  }

  /** Messages of a type. */
  of(type: string): StreamMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** Asserts that records have only these symbols and types, and no canaries. */
  assertOnly(symbols: readonly string[], types: readonly string[]): void {
    // A time may have the figures of a canary by chance.
    const text = this.#text.replaceAll(/\d{13,}/g, "TIME");
    for (const secret of ["987654", CANARY, HIDDEN_FEED]) {
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
    }
    for (const message of this.messages) {
      if (typeof message["seq"] !== "number") continue;
      const text = JSON.stringify(message);
      assert.ok([...symbols, "_all"].includes(String(message["symbol"])), text);
      assert.ok(types.includes(message.type), text);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#ws.once("close", resolve));
    this.#ws.close();
    await closed;
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

/** A socket that sent a handshake and then never answers. */
export interface RawStream {
  text(): string;
  until(part: string): Promise<void>;
  ended: Promise<void>;
  destroy(): void;
}

/** Sends a raw handshake; keeps the answer as text. */
export async function openRawStream(
  url: string,
  key: string,
  { query, headers: more = {} }: { query: string; headers?: Record<string, string> },
): Promise<RawStream> {
  const { hostname, port, host } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let text = "";
  let wakes: (() => void)[] = [];
  const wake = () => {
    for (const each of wakes.splice(0)) each();
  };
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    wake();
  });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  void ended.then(wake);
  await new Promise((resolve) => socket.once("connect", resolve));
  const headers = {
    ...{ host, upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" },
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`GET /v1/stream${query} HTTP/1.1\r\n${lines}\r\n`);
  const until = async (part: string) => {
    while (!text.includes(part)) {
      assert.ok(!socket.destroyed, `ended before ${part}: ${text}`);
      await new Promise<void>((resolve) => wakes = [...wakes, resolve]);
    }
  };
  return { text: () => text, until, ended, destroy: () => void socket.destroy() };
}

// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import type { FakeFrame } from "./fake_venue.ts";

/** A client of the fake exchange. */
export interface FakeClient {
  socket: WebSocket;
  /** Frames it sent. */
  received: string[];
}

/** Server of the fake venue; the test chooses its answers. */
export class FakeExchange {
  readonly clients: FakeClient[] = [];
  port = 0;
  /** Body of the 401 answer to a handshake with this `x-key`; undefined = accepted. */
  denies: (key: string) => string | undefined = () => undefined;
  /** Returns the immediate answer to a client frame; undefined = none. */
  answers: () => FakeFrame | undefined = () => undefined;
  #server: WebSocketServer | undefined;
  #waiting: (() => void)[] = [];

  /** Starts listening, on the earlier port if there was one. */
  async listen(): Promise<void> {
    const server = new WebSocketServer({
      ...{ host: "127.0.0.1", port: this.port },
      verifyClient: ({ req }, done) => {
        const why = this.denies(String(req.headers["x-key"] ?? ""));
        if (why === undefined) done(true);
        else done(false, 401, why);
      },
    });
    this.#server = server;
    server.on("connection", (socket) => this.#connected(socket));
    await new Promise<void>((resolve) => server.once("listening", resolve));
    this.port = (server.address() as { port: number }).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** Returns the newest client that `matches`. */
  async client(matches: (client: FakeClient, index: number) => boolean): Promise<FakeClient> {
    return await this.until(() => this.clients.findLast(matches));
  }

  /** Resolves with the first defined result of `look`, called after each client frame. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Stops listening and disconnects all clients. */
  async close(): Promise<void> {
    for (const { socket } of this.clients) socket.terminate();
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #connected(socket: WebSocket): void {
    const client: FakeClient = { socket, received: [] };
    this.clients.push(client);
    socket.on("error", () => {});
    socket.on("message", (data) => {
      client.received.push(data.toString());
      const answer = this.answers();
      if (answer !== undefined) send(client, answer);
      this.#wake();
    });
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Sends frames to a client. */
export function send({ socket }: FakeClient, ...frames: (FakeFrame | string)[]): void {
  for (const frame of frames) {
    socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }
}

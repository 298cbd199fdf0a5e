import assert from "node:assert/strict";
import { OrderBook } from "@ssmd/market";
import { protocolMistake } from "./protocol_check.ts";

/** A received gateway message. */
export type Message = Record<string, unknown> & { type: string };

/** WebSocket client for tests: keeps received messages and the resulting books. */
export class StreamClient {
  readonly messages: Message[] = [];
  readonly books: Map<string, OrderBook> = new Map();
  /** Protocol violations, if any. */
  readonly violations: string[] = [];
  #counts = new Map<string, number>();
  #ws: WebSocket;
  #waiting: (() => void)[] = [];
  #sequences = new Map<string, number>();
  #ended: Promise<CloseEvent>;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    this.#ended = new Promise((resolve) => ws.addEventListener("close", resolve));
    ws.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
    ws.addEventListener("close", () => this.#wake());
  }

  /** Connects; `query` begins with `?` or is empty. */
  static async open(url: string, query = ""): Promise<StreamClient> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/v1/stream${query}`);
    const client = new StreamClient(ws);
    await client.next("welcome");
    return client;
  }

  /** The close code and reason, once closed. */
  get closed(): Promise<CloseEvent> {
    return this.#ended;
  }

  /** Sends a request, or any text or bytes. */
  send(message: unknown): void {
    const raw = typeof message === "string" || message instanceof Uint8Array;
    this.#ws.send(raw ? message as string : JSON.stringify(message));
  }

  /** Waits for a message of this type (that passes); earlier ones count. */
  next(type: string, passes: (message: Message) => boolean = () => true): Promise<Message> {
    return this.when(() => this.messages.find((m) => m.type === type && passes(m)));
  }

  /** Waits until `look` returns a value. */
  async when<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      assert.ok(this.#ws.readyState <= WebSocket.OPEN, "closed while waiting");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Messages of one type. */
  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** Number of received messages of one type. */
  count(type: string): number {
    return this.#counts.get(type) ?? 0;
  }

  /** Sends a ping and waits for the pong: everything sent before is then answered. */
  async settle(): Promise<void> {
    const id = `settle-${Math.random()}`;
    this.send({ action: "ping", id });
    await this.next("pong", (message) => message["id"] === id);
  }

  /** Closes; resolves when closed. */
  async close(): Promise<void> {
    this.#ws.close();
    await this.#ended;
    assert.deepEqual(this.violations, [], "The gateway kept the protocol");
  }

  #take(message: Message): void {
    const mistake = protocolMistake(message);
    if (mistake !== undefined) this.violations.push(mistake);
    if (message.type === "orderbook") this.#takeBook(message);
    this.messages.push(message);
    this.#counts.set(message.type, this.count(message.type) + 1);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #takeBook(message: Message): void {
    const symbol = message["symbol"] as string;
    const sequence = message["seq"] as number;
    let book = this.books.get(symbol);
    if (message["kind"] === "snapshot") this.books.set(symbol, book = new OrderBook());
    else if (book === undefined) this.violations.push(`${symbol}: a delta before any snapshot`);
    else if (sequence <= (this.#sequences.get(symbol) ?? 0)) {
      this.violations.push(`${symbol}: delta ${sequence} is repeated or old`);
    }
    this.#sequences.set(symbol, sequence);
    if (book === undefined) return;
    for (const [price, size] of message["bids"] as [number, number][]) book.bids.set(price, size);
    for (const [price, size] of message["asks"] as [number, number][]) book.asks.set(price, size);
  }
}

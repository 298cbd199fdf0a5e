import { type BookSide, OrderBook } from "@ssmd/market";
import { WebSocket as NodeWebSocket } from "ws";
import type { Published } from "./published.ts";
import type { Message } from "./stream_client.ts";

/** Subscription of a client for its lifetime. */
export interface Wants {
  symbols: readonly string[];
  types: readonly string[];
}

/**
 * Client that accounts for every subscribed record over all its connections: received, reported as
 * dropped, or contained in a book snapshot. Everything else is a violation.
 */
export class AccountingClient {
  readonly books: Map<string, OrderBook> = new Map();
  readonly violations: string[] = [];
  readonly counts: Record<string, number> = {
    ...{ received: 0, dropped: 0, connections: 0, resumed: 0, refused: 0, cut: 0, lost: 0 },
  };
  readonly wants: Wants;
  #name: string;
  #url: string;
  #published: Published;
  #ws: NodeWebSocket | undefined;
  /** Position after which this connection's records begin; undefined = not known yet. */
  #from: number | undefined;
  /** `pos` of the newest record. */
  #token: number | undefined;
  /** Trades and tickers of this connection: received, and reported as dropped. */
  #received = 0;
  #dropped = 0;
  #gaps = 0;
  #marks = new Set<string>();
  #bookSequences = new Map<string, number>();
  #stale = new Set<string>();
  #waiting: (() => void)[] = [];

  constructor(
    { name, url, wants, published }: {
      name: string;
      url: string;
      wants: Wants;
      published: Published;
    },
  ) {
    this.#name = name;
    this.#url = url;
    this.wants = wants;
    this.#published = published;
  }

  /** Whether it is connected or connecting. */
  get open(): boolean {
    return this.#ws !== undefined;
  }

  /** Connects; resumes at its position unless told to start afresh. */
  connect(policy: string, anew: boolean): void {
    if (anew) {
      this.#token = undefined;
      this.#bookSequences.clear();
      this.books.clear();
    }
    const { symbols, types } = this.wants;
    const query = new URLSearchParams({ symbols: symbols.join(), types: types.join(), policy });
    if (this.#token !== undefined) query.set("since", String(this.#token));
    this.#from = undefined;
    this.#received = this.#dropped = this.#gaps = 0;
    this.counts["connections"]!++;
    const ws = new NodeWebSocket(`${this.#url.replace("http", "ws")}/v1/stream?${query}`);
    this.#ws = ws;
    ws.on("message", (data: unknown) => {
      if (this.#ws === ws) this.#take(JSON.parse(String(data)));
    });
    ws.on("error", () => {});
    ws.on("close", (code: number) => {
      if (code === 4001) this.counts["cut"]!++;
      if (this.#ws === ws) this.#ws = undefined;
      this.#wake();
    });
  }

  /** Terminates the connection without a close frame. */
  break(): void {
    const ws = this.#ws;
    this.#ws = undefined;
    ws?.terminate();
  }

  /** Pauses or resumes reading. */
  read(on: boolean): void {
    const ws = this.#ws;
    if (ws?.readyState !== NodeWebSocket.OPEN) return;
    if (on) ws.resume();
    else ws.pause();
  }

  /** Resolves when the start of its records is known, or when its connection ended. */
  async begun(): Promise<void> {
    while (this.#from === undefined && this.open) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when it has the status that marks the end of each of its symbols, or was disconnected. */
  async marked(detail: string): Promise<boolean> {
    const isDone = () => this.wants.symbols.every((s) => this.#marks.has(`${s} ${detail}`));
    while (!isDone() && this.open) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return isDone();
  }

  /** Sends a ping and waits for the pong; false = the connection ended. */
  async settle(): Promise<boolean> {
    const id = `settle-${Math.random()}`;
    this.#ws?.send(JSON.stringify({ action: "ping", id }));
    while (!this.#marks.has(id) && this.open) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#marks.has(id);
  }

  /** Checks that nothing is missing or counted twice; requires that nothing is in flight. */
  balance(): void {
    if (this.#from === undefined) return this.#wrong("it was never told where it begins");
    const wanted = this.#published.countOf(this.wants, this.#from, Infinity);
    if (wanted !== this.#received + this.#dropped) {
      this.#wrong(`${wanted} wanted, ${this.#received} received, ${this.#dropped} told`);
    }
    this.#checkGaps(Infinity);
    for (const symbol of this.wants.types.includes("orderbook") ? this.wants.symbols : []) {
      const truth = this.#published.books.get(symbol);
      const mine = this.books.get(symbol);
      if (truth === undefined) continue;
      if (this.#stale.has(symbol)) this.#wrong(`${symbol}: the book was never mended`);
      if (!isSame(mine, truth)) this.#wrong(`${symbol}: the book is another one`);
    }
  }

  #wrong(what: string): void {
    if (this.violations.length < 20) this.violations.push(`${this.#name}: ${what}`);
  }

  #take(message: Message): void {
    const pos = message["pos"] as number | undefined;
    switch (message.type) {
      case "subscribed":
        return this.#begin(message);
      case "resumed":
        this.counts["resumed"]!++;
        if (message["recovered"] === false) this.#markLost(pos as number);
        return;
      case "dropped":
        return this.#drop(message);
      case "pong":
        this.#marks.add(String(message["id"]));
        return this.#wake();
      case "error":
        if (message["code"] !== "slow_client") this.#wrong(JSON.stringify(message));
        return;
      case "trade":
      case "ticker":
        if (message["conflated"] === true) return;
        this.#account(pos as number);
        break;
      case "orderbook":
        this.#book(message);
        break;
      case "status":
        this.#marks.add(`${message["symbol"]} ${message["detail"]}`);
        this.#wake();
        break;
      case "gap":
        if (pos !== undefined) this.#gaps++;
    }
    if (pos !== undefined && message.type !== "welcome") this.#token = pos;
  }

  #begin(message: Message): void {
    this.#from = (message["from"] ?? message["pos"]) as number;
    this.#wake();
    if (message["recovered"] !== false) return;
    this.counts["refused"]!++;
    this.#restartAt(this.#from);
  }

  #markLost(pos: number): void {
    this.counts["lost"]!++;
    this.#restartAt(pos);
  }

  #restartAt(from: number): void {
    this.#from = from;
    this.#received = this.#dropped = this.#gaps = 0;
    // Its books are stale; snapshots follow.
    for (const symbol of this.books.keys()) this.#stale.add(symbol);
  }

  #drop(message: Message): void {
    const types = message["types"] as Record<string, number>;
    const dropped = (types["trade"] ?? 0) + (types["ticker"] ?? 0);
    this.#dropped += dropped;
    this.counts["dropped"]! += message["count"] as number;
    for (const symbol of (message["books"] ?? []) as string[]) this.#stale.add(symbol);
    if ((types["orderbook"] ?? 0) > 0 && message["books"] === undefined) {
      this.#wrong("changes were dropped, and no book was named");
    }
  }

  /** Handles a trade or ticker: nothing before it may be missing without a report. */
  #account(pos: number): void {
    this.counts["received"]!++;
    this.#received++;
    if (this.#from === undefined) return this.#wrong("a record before the subscription");
    if (this.#token !== undefined && pos <= this.#token && pos <= this.#from) {
      this.#wrong(`${pos} is repeated`);
    }
    const wanted = this.#published.countOf(this.wants, this.#from, pos);
    if (wanted > this.#received + this.#dropped) {
      this.#wrong(`at ${pos} ${wanted} wanted, ${this.#received} + ${this.#dropped} known`);
      this.#dropped = wanted - this.#received;
    }
  }

  #checkGaps(pos: number): void {
    const wanted = this.#published.gapsOf(this.wants, this.#from ?? 0, pos);
    if (wanted !== this.#gaps) this.#wrong(`${wanted} gaps, ${this.#gaps} told`);
  }

  #book(message: Message): void {
    const symbol = message["symbol"] as string;
    const sequence = message["seq"] as number;
    if (message["conflated"] === true) return this.#wrong(`${symbol}: conflated book`);
    let book = this.books.get(symbol);
    if (message["kind"] === "snapshot") {
      this.books.set(symbol, book = new OrderBook());
      this.#stale.delete(symbol);
    } else {
      if (this.#stale.has(symbol)) return;
      if (book === undefined) return this.#wrong(`${symbol}: a change before any snapshot`);
      const known = this.#bookSequences.get(symbol) ?? 0;
      const before = this.#published.bookBefore(symbol, sequence);
      if (sequence <= known) this.#wrong(`${symbol}: change ${sequence} after ${known}`);
      else if (before > known) this.#wrong(`${symbol}: ${known}, then ${sequence}: a hole`);
    }
    this.#bookSequences.set(symbol, sequence);
    apply(book.bids, message["bids"] as [number, number][]);
    apply(book.asks, message["asks"] as [number, number][]);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function apply(side: BookSide, levels: readonly [number, number][]): void {
  for (const [price, size] of levels) side.set(price, size);
}

function isSame(mine: OrderBook | undefined, truth: OrderBook): boolean {
  const text = ({ bids, asks }: OrderBook) =>
    JSON.stringify([bids.prices, bids.sizes, asks.prices, asks.sizes]);
  return mine !== undefined && text(mine) === text(truth);
}

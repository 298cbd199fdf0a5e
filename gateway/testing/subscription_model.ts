import { Buffer } from "node:buffer";
import { decode } from "@ssmd/codec";
import { type EventType, type Level, OrderBook, STREAM_TYPES } from "@ssmd/market";
import { WebSocket as NodeWebSocket } from "ws";
import { recordAndTrailer } from "../protocol/record_trailer.ts";
import { type PublishedRecords, textOf } from "./published_records.ts";
import type { Message } from "./stream_client.ts";

const TYPES = ["trade", "ticker", "orderbook", "status"] as const;

/** A request that was acknowledged; the newest request counts, not the newest acknowledgement. */
interface Rule {
  id: number;
  pattern: string;
  types: readonly string[];
  mode: "realtime" | "conflated" | "off";
}

/** A record in either encoding. */
interface Got {
  type: string;
  symbol: string;
  sequence: number;
  position: number;
  kind: string;
  conflated: boolean;
  bids: readonly (readonly [number, number])[];
  asks: readonly (readonly [number, number])[];
}

/**
 * A client with a model of what its requests mean: notes every record that it should not have got,
 * or not yet, and everything that is missing.
 */
export class SubscriptionModel {
  readonly faults: string[] = [];
  readonly counts = { records: 0, snapshots: 0, resumed: 0 };
  /** Position of the newest message. */
  token = 0;
  #name: string;
  #records: PublishedRecords;
  #ws: NodeWebSocket;
  #rules: Rule[] = [];
  /** By type and market: position up to which everything came; NaN = not known yet. */
  #cursors = new Map<string, number>();
  #books = new Map<string, OrderBook>();
  /** Newest state of what is conflated, as the sequence of its record. */
  #states = new Map<string, number>();
  #log: string[] = [];
  #pongs = new Map<string, () => void>();
  #isReplaying = false;
  #requests = 0;

  private constructor(ws: NodeWebSocket, records: PublishedRecords, name: string) {
    this.#ws = ws;
    this.#records = records;
    this.#name = name;
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#binary(data);
      else this.#text(JSON.parse(data.toString()));
    });
  }

  /** Connects. */
  static async open(url: string, records: PublishedRecords, name: string) {
    const ws = new NodeWebSocket(url.replace("http", "ws"));
    const model = new SubscriptionModel(ws, records, name);
    await new Promise((resolve, reject) => {
      ws.once("open", resolve);
      ws.once("error", reject);
    });
    return model;
  }

  /** Sends a request. */
  send(given: Record<string, unknown>): void {
    const request = { id: ++this.#requests, ...given };
    this.#log.push(`> ${JSON.stringify(request)}`);
    this.#ws.send(JSON.stringify(request));
  }

  /** Resolves when everything sent so far is answered and no replay runs. */
  async settled(): Promise<void> {
    for (;;) {
      const id = `settle-${this.#pongs.size}`;
      await new Promise<void>((resolve) => {
        this.#pongs.set(id, resolve);
        this.send({ action: "ping", id });
      });
      if (!this.#isReplaying) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Checks the newest states of what is conflated; all must have been sent. */
  checkEnd(): void {
    for (const symbol of this.#records.symbols) {
      for (const type of TYPES) {
        const key = `${type} ${symbol}`;
        const mode = this.#modeOf(type, symbol);
        const last = this.#records.last(key);
        if (mode === "conflated" && type !== "status" && type !== "orderbook") {
          const state = this.#states.get(key);
          if (state !== undefined && state !== last) {
            this.#fault(`${key}: ends at ${state}, not ${last}`);
          }
        }
        const book = this.#books.get(symbol);
        if (type !== "orderbook" || mode === "off" || book === undefined) continue;
        const truth = this.#records.bookAt(symbol, Infinity);
        if (truth !== textOf(book.bids, book.asks)) this.#fault(`${key}: another book at the end`);
      }
    }
  }

  /** Ends the connection. */
  close(): void {
    this.#ws.terminate();
  }

  #fault(what: string): void {
    if (this.faults.length > 0) return;
    this.faults.push(`client ${this.#name}: ${what}`, ...this.#log.slice(-40));
  }

  #ruleOf(type: string, symbol: string): Rule | undefined {
    return this.#rules.findLast(({ pattern, types }) =>
      types.includes(type) && covers(pattern, symbol)
    );
  }

  #modeOf(type: string, symbol: string): Rule["mode"] {
    return this.#ruleOf(type, symbol)?.mode ?? "off";
  }

  #text(message: Message): void {
    if (message.type !== "ping") this.#log.push(`< ${JSON.stringify(message).slice(0, 230)}`);
    switch (message.type) {
      case "subscribed":
        return this.#subscribed(message);
      case "unsubscribed":
        return this.#ruled(message, "off", NaN);
      case "resumed":
        this.#isReplaying = false;
        this.counts.resumed++;
        if (message["recovered"] !== true) this.#fault("resumed without its history");
        return;
      case "pong":
        return this.#pong(message);
      case "dropped":
        return this.#fault("a fast client was told of drops");
      case "trade":
      case "ticker":
      case "orderbook":
      case "status":
        return this.#got({
          type: message.type,
          symbol: String(message["symbol"]),
          sequence: Number(message["seq"]),
          position: Number(message["pos"]),
          kind: String(message["kind"] ?? ""),
          conflated: message["conflated"] === true,
          bids: (message["bids"] ?? []) as [number, number][],
          asks: (message["asks"] ?? []) as [number, number][],
        });
    }
  }

  #binary(data: Buffer): void {
    const parts = recordAndTrailer(data);
    if (parts === undefined) return this.#fault("a binary message without trailer");
    const { trailer: { type, position, isState }, record } = parts;
    const event = decode(STREAM_TYPES[type] as EventType, record);
    this.#log.push(
      `< ${event.type} ${event.symbol} seq ${event.sequence} pos ${position} ${isState}`,
    );
    if (event.type === "gap") return;
    const isBook = event.type === "orderbook";
    const sides = (levels: readonly Level[]) =>
      levels.map(({ price, size }) => [price, size] as const);
    this.#got({
      ...{ type: event.type, symbol: event.symbol, sequence: event.sequence, position },
      kind: isBook ? event.kind : "",
      conflated: isState && this.#modeOf(event.type, event.symbol) === "conflated",
      bids: isBook ? sides(event.bids) : [],
      asks: isBook ? sides(event.asks) : [],
    });
  }

  #subscribed(message: Message): void {
    const from = Number(message["from"] ?? message["pos"] ?? NaN);
    if (message["recovered"] === true) this.#isReplaying = true;
    this.#ruled(
      message,
      message["mode"] === "realtime" ? "realtime" : "conflated",
      from,
      message["from"] !== undefined,
    );
  }

  #ruled(message: Message, mode: Rule["mode"], from: number, isMoved = false): void {
    const types = message["types"] as string[];
    const patterns = message["symbols"] as string[];
    const id = Number(message["id"]);
    for (const symbol of this.#records.symbols) {
      for (const type of TYPES) {
        if (!types.includes(type) || !patterns.some((pattern) => covers(pattern, symbol))) continue;
        const key = `${type} ${symbol}`;
        const before = this.#modeOf(type, symbol);
        if ((this.#ruleOf(type, symbol)?.id ?? 0) > id) {
          // What was asked for again since still gets the past that this request asks for.
          const cursor = this.#cursors.get(key);
          if (isMoved && cursor !== undefined) this.#cursors.set(key, Math.min(cursor, from));
          continue;
        }
        const wasExact = before === "realtime" || (before === "conflated" && type === "status");
        const isExact = mode === "realtime" || (mode === "conflated" && type === "status");
        if (!isExact) this.#cursors.delete(key);
        else if (!wasExact || isMoved) this.#cursors.set(key, from);
        if (mode === "off") {
          this.#books.delete(symbol);
          this.#states.delete(key);
        } else if (type === "orderbook" && before !== mode) this.#books.delete(symbol);
      }
    }
    this.#rules.push(...patterns.map((pattern) => ({ id, pattern, types, mode })));
    this.#rules.sort((a, b) => a.id - b.id);
  }

  #pong(message: Message): void {
    const position = message["pos"];
    if (typeof position === "number") {
      for (const [key, cursor] of this.#cursors) {
        const next = this.#records.after(key, cursor);
        if (next !== undefined && next <= position) {
          this.#fault(`${key}: ${next} did not come by ${position}`);
        }
      }
    }
    this.#pongs.get(String(message["id"]))?.();
  }

  #got(got: Got): void {
    const { type, symbol, sequence, position } = got;
    const key = `${type} ${symbol}`;
    if (position > 0) this.token = position;
    this.counts.records++;
    const mode = this.#modeOf(type, symbol);
    if (type === "orderbook" && got.kind === "snapshot") return this.#snapshot(key, got);
    if (mode === "off") return this.#fault(`${key}: not asked for`);
    if (mode === "conflated" && type !== "status") {
      this.#states.set(key, sequence);
      return;
    }
    let cursor = this.#cursors.get(key);
    if (cursor === undefined || Number.isNaN(cursor)) cursor = position - 1;
    const next = this.#records.after(key, cursor);
    if (next !== position) this.#fault(`${key}: ${position} came after ${cursor}, not ${next}`);
    this.#cursors.set(key, position);
    if (type === "orderbook") this.#apply(symbol, got);
  }

  #snapshot(key: string, got: Got): void {
    this.counts.snapshots++;
    const { symbol, position } = got;
    const book = new OrderBook();
    this.#books.set(symbol, book);
    this.#apply(symbol, got);
    const truth = this.#records.bookAt(symbol, position > 0 ? position : Infinity);
    const mine = textOf(book.bids, book.asks);
    if (position > 0 && truth !== mine) {
      this.#fault(`${key}: snapshot at ${position} is ${mine}, not ${truth}`);
    }
    const cursor = this.#cursors.get(key);
    if (cursor === undefined) return;
    if (cursor > position) this.#fault(`${key}: snapshot of ${position} after ${cursor}`);
    this.#cursors.set(key, position);
  }

  #apply(symbol: string, { bids, asks }: Got): void {
    const book = this.#books.get(symbol);
    // A book that is resumed goes on from one that this model does not keep.
    if (book === undefined) return;
    for (const [price, size] of bids) book.bids.set(price, size);
    for (const [price, size] of asks) book.asks.set(price, size);
  }
}

function covers(pattern: string, symbol: string): boolean {
  return pattern.endsWith("*") ? symbol.startsWith(pattern.slice(0, -1)) : pattern === symbol;
}

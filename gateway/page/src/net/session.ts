/// <reference lib="dom" />
import { durationText } from "../format.ts";
import type { Message } from "../state/message.ts";
import type { Store } from "../state/store.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { readMarketList } from "./market_list.ts";
import type { Rest } from "./rest.ts";

const LIST_TYPES = ["trade", "ticker", "status"];
const FOCUS_TYPES = ["trade", "orderbook"];
const LIST_INTERVAL_MS = 250;
/** Above this number of markets the list is updated once a second. */
const LIST_FAST_MAX = 500;
const HISTORY_TRADES = 200;

/** Receives events of a session. */
interface SessionListener {
  onState(state: ConnectionState): void;
  /** Reports a one-time message; `good` = nothing was lost. */
  onNotice(text: string, good: boolean): void;
  /** Reports that the history of the focused market must be reloaded. */
  onFocusLost(): void;
  /** Reports that the market list was loaded; `asOfMs` = time of a cached list, null = live. */
  onMarkets(asOfMs: number | null): void;
}

/** Subscriptions of the page, kept across reconnects. */
export class Session {
  /** Id of this page's connection at the gateway. */
  client = 0;
  #store: Store;
  #rest: Rest;
  #listener: SessionListener;
  #connection: Connection;
  /** Stream position after the last received message of the focused market; undefined = none. */
  #position: number | undefined;
  #brokenSinceMs: number | null = null;
  #focusCount = 0;
  /** Key of the market with a full subscription. */
  #watched = "";

  constructor(store: Store, rest: Rest, listener: SessionListener) {
    this.#store = store;
    this.#rest = rest;
    this.#listener = listener;
    this.#connection = new Connection({
      onOpen: (brokenSinceMs) => {
        this.#brokenSinceMs = brokenSinceMs;
        this.#watched = "";
      },
      onMessage: (message) => this.#received(message),
      onState: (state) => listener.onState(state),
      onBroken: () => void this.#broken(),
    });
  }

  /** True while messages can flow. */
  get open(): boolean {
    return this.#connection.open;
  }

  /** Reconnects immediately. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Reconnects as another user. */
  restart(): void {
    this.#position = undefined;
    this.#connection.restart();
  }

  /** Subscribes to all data of the focused market, and unsubscribes from the previous one. */
  watch(): void {
    this.#unwatch();
    this.#position = undefined;
    this.#subscribeFocus();
  }

  /** Loads the market list. */
  async loadMarkets(): Promise<void> {
    const before = new Set(this.#store.markets.keys());
    const list = await readMarketList(this.#rest);
    if (list === undefined) return;
    for (const summary of list.markets) before.delete(this.#store.takeSummary(summary).key);
    // A cached list says nothing about what is there now.
    if (list.asOfMs === null) this.#store.removeMarkets(before);
    this.#store.dirty.add("list");
    this.#listener.onMarkets(list.asOfMs);
  }

  async #broken(): Promise<void> {
    this.#rest.endWaiting();
    // While the gateway is away, a cached list is better than an empty page.
    if (this.#store.markets.size === 0) await this.loadMarkets();
    // A page cannot see why a handshake was refused; a REST request can.
    else await this.#rest.get("/v1/info");
  }

  #welcomed(message: Message): void {
    this.client = Number(message["client"]);
    this.#store.feedGaps.clear();
    const isLong = Number(message["markets"]) > LIST_FAST_MAX;
    this.#connection.send({
      ...{ action: "subscribe", symbols: ["*"], types: LIST_TYPES, mode: "conflated" },
      interval_ms: isLong ? 1000 : LIST_INTERVAL_MS,
    });
    // The latest subscription to a market wins, so subscribe to the focused one last.
    this.#subscribeFocus();
  }

  #subscribeFocus(): void {
    const row = this.#store.current;
    if (row === undefined || !this.#connection.open) return;
    this.#watched = row.key;
    const since = this.#position;
    // Its snapshot follows only if the gateway knows the book.
    if (since === undefined) this.#store.clearBook();
    this.#connection.send({
      ...{ action: "subscribe", symbols: [row.symbol], types: FOCUS_TYPES, mode: "realtime" },
      id: `focus ${++this.#focusCount}`,
      ...(since === undefined ? {} : { since }),
    });
  }

  #unwatch(): void {
    const before = this.#store.markets.get(this.#watched);
    this.#watched = "";
    if (before === undefined) return;
    const symbols = [before.symbol];
    this.#connection.send({ action: "unsubscribe", symbols, types: ["orderbook"] });
    this.#connection.send({
      ...{ action: "subscribe", symbols, types: ["trade"], mode: "conflated" },
      interval_ms: LIST_INTERVAL_MS,
    });
  }

  #received(message: Message): void {
    switch (message.type) {
      case "welcome":
        return this.#welcomed(message);
      case "subscribed":
        if (message["id"] === `focus ${this.#focusCount}`) this.#subscribed(message);
        return;
      case "resumed":
        return this.#resumed(message);
      case "pong":
        if (typeof message["pos"] === "number") {
          this.#position = Math.max(message["pos"], this.#position ?? 0);
        }
        return;
      case "dropped":
        this.#store.takeDropped(message);
        return this.#listener.onNotice(
          `This browser was too slow: ${message["count"]} messages were left out`,
          false,
        );
      case "notice":
        return this.#listener.onNotice(String(message["message"]), false);
      case "error":
        return this.#listener.onNotice(`${message["message"]}: ${message["hint"]}`, false);
      default:
        this.#record(message);
    }
  }

  #record(message: Message): void {
    const row = this.#store.current;
    // Conflated states arrive later than their position; only realtime records advance it.
    if (
      message["conflated"] !== true && row !== undefined && message["symbol"] === row.symbol &&
      typeof message["pos"] === "number"
    ) this.#position = message["pos"];
    this.#store.take(message);
  }

  #subscribed(message: Message): void {
    const isResuming = message["recovered"] !== undefined;
    if (message["recovered"] === false) this.#lost(String(message["reason"]));
    // Records before this subscription are history, later ones are live.
    if (!isResuming || message["recovered"] === false) void this.#loadHistory();
  }

  #resumed(message: Message): void {
    if (message["recovered"] === false) return this.#lost("the history had ended before");
    this.#position = message["pos"] as number | undefined ?? this.#position;
    const count = Number(message["count"]);
    const since = this.#brokenSinceMs;
    const away = since === null ? "" : ` after ${durationText(Date.now() - since)}`;
    this.#listener.onNotice(
      `Connected again${away}: ${count} records came later, none is missing`,
      true,
    );
  }

  #lost(reason: string): void {
    const { tape, dirty } = this.#store;
    this.#position = undefined;
    this.#store.clearBook();
    const since = this.#brokenSinceMs ?? Date.now();
    tape.mark(
      `not connected for ${durationText(Date.now() - since)}: trades may be missing`,
      since,
    );
    dirty.add("tape");
    this.#listener.onNotice(`Connected again, but not without a hole: ${reason}`, false);
    this.#listener.onFocusLost();
  }

  async #loadHistory(): Promise<void> {
    const row = this.#store.current;
    if (row === undefined) return;
    const path = `/v1/markets/${encodeURIComponent(row.symbol)}/trades`;
    const query = `limit=${HISTORY_TRADES}&feed=${encodeURIComponent(row.feed)}`;
    const answer = await this.#rest.get(`${path}?${query}`);
    if (!answer.ok || row.key !== this.#store.focused) return;
    const fresh = this.#store.tape.takeHistory(answer.body["trades"] as Message[] ?? []);
    for (const { price } of fresh) this.#store.notePrice(row, price);
    this.#store.dirty.add("tape");
  }
}

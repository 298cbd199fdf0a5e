import { nowUs } from "@ssmd/runtime";
import type { Connection } from "../connection.ts";
import type { FrameKind } from "../faults.ts";
import { stringField } from "../json_text.ts";
import type { CaptureFeed, CapturePlayback } from "../venue.ts";
import { KrakenCaptureBook } from "./capture_book.ts";
import type { KrakenPair } from "./frames.ts";
import {
  type KrakenChannel,
  type KrakenFeed,
  KrakenSession,
  type KrakenSubscription,
} from "./session.ts";

/** Kraken's channels from captures: forwards unchanged frames to their subscribers. */
export class KrakenCaptureFeed implements KrakenFeed, CaptureFeed {
  #playback: CapturePlayback;
  #pairs: KrakenPair[] = [];
  #depths = new Map<string, Set<number>>();
  #channels: Set<string>;
  #subscriptions = new Map<string, Set<KrakenSubscription>>();
  #sessions = 0;

  constructor(playback: CapturePlayback) {
    this.#playback = playback;
    const { summaries } = playback;
    this.#channels = new Set(summaries.flatMap((summary) => summary.channels));
    for (const symbol of new Set(summaries.flatMap((summary) => summary.symbols))) {
      const most = (key: "priceDecimals" | "sizeDecimals") =>
        Math.max(...summaries.map((summary) => summary[key][symbol] ?? 0));
      const sizeDecimals = most("sizeDecimals");
      this.#pairs.push({ symbol, priceDecimals: most("priceDecimals"), sizeDecimals });
      this.#depths.set(symbol, new Set(summaries.flatMap((each) => each.depths[symbol] ?? [])));
    }
  }

  session(connection: Connection): KrakenSession {
    return new KrakenSession(connection, this, `1${String(++this.#sessions).padStart(18, "0")}`);
  }

  nowUs(): number {
    return nowUs();
  }

  pairs(): readonly KrakenPair[] {
    return this.#pairs;
  }

  offersDepth(symbol: string, depth: number): boolean {
    const depths = this.#depths.get(symbol);
    return depths === undefined || depths.size === 0 || depths.has(depth);
  }

  acknowledges(channel: KrakenChannel, symbol: string): boolean {
    const { summaries, keepSequence } = this.#playback;
    if (!keepSequence || this.#playback.begun()) return false;
    return summaries.some((summary) =>
      summary.acknowledged.includes(channel) && summary.symbols.includes(symbol)
    );
  }

  subscribed(subscription: KrakenSubscription): void {
    const { channel } = subscription;
    if (!this.#channels.has(channel)) return;
    const late = this.#playback.begun() && channel === "book";
    if (late) this.#playback.between(() => this.#snapshot(subscription));
    else this.#add(subscription);
    subscription.session.connection.playing = true;
    this.#playback.begin(channel === "book" || !this.#channels.has("book"));
  }

  #add(subscription: KrakenSubscription): void {
    const key = `${subscription.channel} ${subscription.symbol}`;
    const set = this.#subscriptions.get(key);
    if (set === undefined) this.#subscriptions.set(key, new Set([subscription]));
    else set.add(subscription);
  }

  /** Sends the current book to a client that joins in the middle; updates follow. */
  async #snapshot(subscription: KrakenSubscription): Promise<void> {
    const { symbol, depth, session } = subscription;
    const pair = this.#pairs.find((each) => each.symbol === symbol);
    if (pair === undefined) return;
    const book = new KrakenCaptureBook(symbol, depth, pair);
    for await (const text of this.#playback.again()) {
      if (text === undefined) book.clear();
      else book.apply(text);
    }
    if (session.find("book", symbol) !== subscription) return;
    const frame = book.snapshot();
    if (frame !== undefined) session.connection.sendData(frame, "book");
    this.#add(subscription);
  }

  trader(): undefined {
    return undefined;
  }

  unsubscribed(subscription: KrakenSubscription): void {
    this.#subscriptions.get(`${subscription.channel} ${subscription.symbol}`)?.delete(subscription);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].some((other) =>
      other !== subscription && this.#channels.has(other.channel)
    );
  }

  frame(text: string): void {
    const channel = stringField(text, "channel");
    const symbol = stringField(text, "symbol");
    const reply = text.includes(`"method":`);
    if (reply && !this.#playback.keepSequence) return;
    if (channel === undefined || symbol === undefined) {
      return this.#toAll(text, channel === "heartbeat" ? "heartbeat" : "control");
    }
    const kind = reply ? "control" : channel === "book" || channel === "trade" ||
        channel === "ticker"
      ? channel
      : "control";
    const set = this.#subscriptions.get(`${channel} ${symbol}`);
    if (set === undefined) return;
    for (const { session } of set) session.connection.sendData(text, kind);
  }

  #toAll(text: string, kind: FrameKind): void {
    for (const connection of this.#playback.connections()) {
      if (connection.playing) connection.sendData(text, kind);
    }
  }
}

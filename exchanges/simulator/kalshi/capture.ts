import type { Connection } from "../connection.ts";
import type { FrameKind } from "../faults.ts";
import { numberField, stringField } from "../json_text.ts";
import type { CaptureFeed, CapturePlayback } from "../venue.ts";
import { KalshiCaptureBooks } from "./capture_books.ts";
import { kalshiChannel } from "./inspect.ts";
import { type KalshiFeed, KalshiSession } from "./session.ts";
import type { KalshiSubscription } from "./subscription.ts";

/** First sid of channels that a capture lacks, far from the capture's own. */
const FOREIGN_SIDS_FROM = 1000;

const KINDS: Readonly<Record<string, FrameKind>> = {
  orderbook_delta: "book",
  ticker: "ticker",
  trade: "trade",
  market_lifecycle_v2: "trade",
};

/** Kalshi's channels from captures, with the recorded sequences or renumbered for each client. */
export class KalshiCaptureFeed implements KalshiFeed, CaptureFeed {
  #playback: CapturePlayback;
  #channels: Set<string>;
  #acknowledged: Set<string>;
  #sids = new Map<string, number>();
  #subscriptions = new Map<string, Set<KalshiSubscription>>();

  constructor(playback: CapturePlayback) {
    this.#playback = playback;
    const { summaries } = playback;
    this.#channels = new Set(summaries.flatMap((summary) => summary.channels));
    this.#acknowledged = new Set(summaries.flatMap((summary) => summary.acknowledged));
    for (const summary of summaries) {
      for (const [channel, sid] of Object.entries(summary.sids)) {
        if (!this.#sids.has(channel)) this.#sids.set(channel, sid);
      }
    }
  }

  session(connection: Connection): KalshiSession {
    return new KalshiSession(connection, this);
  }

  acknowledges(channel: string): boolean {
    const { keepSequence } = this.#playback;
    return keepSequence && this.#acknowledged.has(channel) && !this.#playback.begun();
  }

  sidsFrom(): number {
    return this.#playback.keepSequence ? FOREIGN_SIDS_FROM : 1;
  }

  sidOf(channel: string): number | undefined {
    return this.#playback.keepSequence ? this.#sids.get(channel) : undefined;
  }

  mute(subscription: KalshiSubscription): boolean {
    return this.#playback.keepSequence && this.#sids.has(subscription.channel);
  }

  subscribed(subscription: KalshiSubscription): void {
    const { channel } = subscription;
    if (!this.#channels.has(channel) && !this.#acknowledged.has(channel)) return;
    if (this.#playback.begun() && channel === "orderbook_delta") {
      this.#playback.between(() => this.#snapshots(subscription, null));
    } else this.#add(subscription);
    subscription.session.connection.playing = true;
    this.#playback.begin(channel === "orderbook_delta" || !this.#channels.has("orderbook_delta"));
  }

  #add(subscription: KalshiSubscription): void {
    const set = this.#subscriptions.get(subscription.channel);
    if (set === undefined) this.#subscriptions.set(subscription.channel, new Set([subscription]));
    else set.add(subscription);
  }

  changed(subscription: KalshiSubscription, added: readonly string[]): void {
    if (subscription.channel === "orderbook_delta") this.snapshots(subscription, added);
  }

  snapshots(subscription: KalshiSubscription, tickers: readonly string[]): void {
    if (!this.#playback.begun()) return;
    this.#playback.between(() => this.#snapshots(subscription, tickers));
  }

  /** Sends the current books; `tickers` null = the client's subscribed ones. */
  async #snapshots(
    subscription: KalshiSubscription,
    tickers: readonly string[] | null,
  ): Promise<void> {
    const books = new KalshiCaptureBooks();
    for await (const text of this.#playback.again()) {
      if (text === undefined) books.clear();
      else books.apply(text);
    }
    const { connection } = subscription.session;
    if (![...subscription.session.subscriptions].includes(subscription)) return;
    const { keepSequence } = this.#playback;
    const wanted = books.tickers.filter((ticker) =>
      keepSequence ||
      (tickers === null ? subscription.accepts(ticker) : tickers.includes(ticker))
    );
    // With recorded sequences they take the last ones, so that the next delta follows.
    let seq = books.seq - wanted.length;
    for (const ticker of wanted) {
      const numbering = keepSequence ? { sid: books.sid, seq: ++seq } : subscription.nextNumber();
      const frame = books.snapshot(ticker, numbering);
      if (frame !== undefined) connection.sendData(frame, "book");
    }
    this.#add(subscription);
  }

  unsubscribed(subscription: KalshiSubscription): void {
    this.#subscriptions.get(subscription.channel)?.delete(subscription);
    const { session } = subscription;
    session.connection.playing = [...session.subscriptions].some((other) =>
      other !== subscription && this.#channels.has(other.channel)
    );
  }

  frame(text: string): void {
    const type = stringField(text, "type");
    const channel = kalshiChannel(type);
    if (channel === undefined) this.#reply(type, text);
    else if (this.#playback.keepSequence) this.#toChannel(channel, text);
    else this.#renumbered(channel, text);
  }

  #toChannel(channel: string, text: string): void {
    const set = this.#subscriptions.get(channel);
    if (set === undefined) return;
    const kind = KINDS[channel] ?? "control";
    for (const { session } of set) session.connection.sendData(text, kind);
  }

  #renumbered(channel: string, text: string): void {
    const set = this.#subscriptions.get(channel);
    const ticker = stringField(text, "market_ticker");
    for (const subscription of set ?? []) {
      if (ticker !== undefined && !subscription.accepts(ticker)) continue;
      const numbered = text.includes(`"seq":`)
        ? text.replace(/"seq":\s*\d+/, `"seq":${++subscription.seq}`)
        : text;
      subscription.session.connection.sendData(
        numbered.replace(/"sid":\s*\d+/, `"sid":${subscription.sid}`),
        KINDS[channel] ?? "control",
      );
    }
  }

  /** Recorded replies answer recorded requests: they make sense with recorded sequences only. */
  #reply(type: string | undefined, text: string): void {
    if (!this.#playback.keepSequence) return;
    if (type === "subscribed") {
      const channel = stringField(text, "channel") ?? "";
      const sid = numberField(text, "sid");
      this.#sids.set(channel, sid);
      for (const subscription of this.#subscriptions.get(channel) ?? []) subscription.sid = sid;
      return this.#toChannel(channel, text);
    }
    for (const connection of this.#playback.connections()) {
      if (connection.playing) connection.sendData(text, "control");
    }
  }
}

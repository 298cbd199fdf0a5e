import { Encoder } from "@ssmd/codec";
import {
  actionSubject,
  ALL_SYMBOLS,
  fireSubject,
  type Gap,
  isDerived,
  type Level,
  type MarketEvent,
  OrderBook,
  type OrderBookUpdate,
  snapshotSubject,
  subjectOf,
} from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import type { Publisher, Subscription, Transport } from "@ssmd/transport";

/** A record without the common fields; the venue's time defaults to now. */
export type Draft<E extends MarketEvent = MarketEvent> = E extends MarketEvent
  ? Omit<E, "feed" | "sequence" | "timestampUs" | "receivedAtUs"> & { timestampUs?: number }
  : never;

/** A connector for tests and demos: numbers and publishes records, answers with its true books. */
export class FakeConnector {
  readonly feed: string;
  /** The true books. */
  readonly books: Map<string, OrderBook> = new Map();
  sequence = 0;
  /** Number of snapshot requests received. */
  requests = 0;
  #env: string;
  #transport: Transport;
  #publisher: Publisher;
  #encoder = new Encoder();
  #responder: Subscription | undefined;
  #messages = 0;
  #run: string;

  constructor(env: string, feed: string, transport: Transport) {
    this.feed = feed;
    this.#env = env;
    this.#transport = transport;
    this.#publisher = transport.publisher();
    this.#run = `${feed}-${nowUs()}`;
  }

  /** Answers snapshot requests from now on, each after `delay` if given. */
  async answer(delay?: () => Promise<void>): Promise<void> {
    const subject = snapshotSubject(this.#env, this.feed);
    this.#responder = await this.#transport.respond(subject, async () => {
      this.requests++;
      const answer = this.snapshots();
      await delay?.();
      return answer;
    });
  }

  /** Returns all true books, encoded back to back. */
  snapshots(): Uint8Array {
    const encoder = new Encoder();
    const messages: Uint8Array[] = [];
    for (const symbol of this.books.keys()) {
      const event = { ...this.#snapshotOf(symbol), ...this.#base(), receivedAtUs: 0 };
      messages.push(encoder.encode({ ...event, sequence: this.sequence } as OrderBookUpdate));
    }
    const joined = new Uint8Array(messages.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const message of messages) {
      joined.set(message, at);
      at += message.length;
    }
    return joined;
  }

  /** Numbers and publishes a record; `lost` = it does not reach the bus. */
  publish(draft: Draft, lost = false): void {
    const base = this.#base();
    // Fires and actions are not records of the feed.
    if (!isDerived(draft.type)) this.sequence++;
    const event = { ...base, ...draft, sequence: this.sequence } as MarketEvent;
    const payload = this.#encoder.encode(event);
    if (lost) return;
    this.#publisher.publish({
      subject: event.type === "fire"
        ? fireSubject(this.#env, event.signal)
        : event.type === "action"
        ? actionSubject(this.#env, event.policy)
        : subjectOf(this.#env, this.feed, event.type, event.symbol),
      payload,
      id: `${this.#run}-${++this.#messages}-0`,
    });
  }

  /** Resolves when the bus has all that was published. */
  flush(): Promise<void> {
    return this.#publisher.flush();
  }

  /** Publishes a trade. */
  trade(symbol: string, price: number, size = 1): void {
    this.publish({ type: "trade", symbol, price, size, side: "buy", tradeId: `t${this.sequence}` });
  }

  /** Publishes a ticker around a price. */
  ticker(symbol: string, price = 100): void {
    this.publish({
      ...{ type: "ticker", symbol, bidPrice: price - 1, bidSize: 1, askPrice: price + 1 },
      ...{ askSize: 2, lastPrice: price, lastSize: null, volume24h: 10, openInterest: null },
    });
  }

  /** Changes the true book and publishes the change. */
  delta(symbol: string, bids: Level[], asks: Level[]): void {
    this.publish(this.#change(symbol, bids, asks));
  }

  /** Changes the true book and drops the change. */
  loseDelta(symbol: string, bids: Level[], asks: Level[]): void {
    this.publish(this.#change(symbol, bids, asks), true);
  }

  /** Publishes the true book as the venue's snapshot. */
  snapshot(symbol: string): void {
    this.publish(this.#snapshotOf(symbol));
  }

  /** Publishes a gap, open or recovered. */
  gap(reason: Gap["reason"], recovered: boolean, symbol: string = ALL_SYMBOLS): void {
    const now = nowUs();
    this.publish({
      type: "gap",
      symbol,
      reason,
      fromUs: now - 1000,
      toUs: recovered ? now : 0,
      channel: "all",
      missed: null,
      recovered,
      detail: "made by a test",
    });
  }

  /** Restarts the numbers, as after a restart of the connector. */
  restart(): void {
    this.sequence = 0;
  }

  /** Stops answering. */
  close(): void {
    this.#responder?.unsubscribe();
    void this.#publisher.close();
  }

  #change(symbol: string, bids: Level[], asks: Level[]): Draft {
    const book = this.#book(symbol);
    for (const { price, size } of bids) book.bids.set(price, size);
    for (const { price, size } of asks) book.asks.set(price, size);
    return { ...BOOK, kind: "delta", symbol, bids, asks };
  }

  #book(symbol: string): OrderBook {
    let book = this.books.get(symbol);
    if (book === undefined) this.books.set(symbol, book = new OrderBook());
    return book;
  }

  #snapshotOf(symbol: string): Draft<OrderBookUpdate> {
    const { bids, asks } = this.#book(symbol);
    return { ...BOOK, kind: "snapshot", symbol, bids: levelsOf(bids), asks: levelsOf(asks) };
  }

  #base() {
    const now = nowUs();
    return { feed: this.feed, timestampUs: now, receivedAtUs: now };
  }
}

const BOOK = { type: "orderbook", depth: 0, checksum: "unverified" } as const;

/** Levels of one side, best first. */
export function levelsOf(side: { prices: number[]; sizes: number[] }): Level[] {
  return side.prices.map((price, i) => ({ price, size: side.sizes[i] as number }));
}

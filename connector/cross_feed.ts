import { decode, decodeWatermark, messagesIn } from "@ssmd/codec";
import {
  ALL_SYMBOLS,
  parseSubject,
  shardSubject,
  snapshotSubject,
  subjectOf,
  typeOfSubject,
  type Watermark,
  watermarkSubject,
} from "@ssmd/market";
import { beginLasting, type Logger, messageOf, nowUs, sleep } from "@ssmd/runtime";
import type { InMessage, Transport } from "@ssmd/transport";
import type { CrossedMarket } from "./crossed_market.ts";
import { OtherBook } from "./other_book.ts";

const ASK_AGAIN_MS = 500;
const ANSWER_MS_MAX = 5_000;

/** Options of {@linkcode CrossFeed}. */
interface CrossFeedOptions {
  env: string;
  /** Client bus, which carries all feeds. */
  transport: Transport;
  /** Instruments on another feed, each with the market that receives its top of book. */
  pairs: readonly { other: { feed: string; symbol: string }; market: CrossedMarket }[];
  logger: Logger;
}

/** Reads other feeds' books for instruments that this feed shares. */
export class CrossFeed {
  #options: CrossFeedOptions;
  #books: OtherBook[];
  /** By feed and shard: newest watermark, µs. */
  #watermarks = new Map<string, Map<string, number>>();
  #reading: Promise<{ close(): Promise<void> }> | undefined;
  #closed = new AbortController();
  #isAsking = false;
  #unreadable = 0;

  constructor(options: CrossFeedOptions) {
    this.#options = options;
    this.#books = options.pairs.map(({ other, market }) =>
      new OtherBook({ ...other, onTop: (top) => market.takeTop(top) })
    );
  }

  /** Subscribes; retries while the bus refuses. */
  start(): void {
    const { env, transport, logger } = this.#options;
    const filters = new Set(this.#books.flatMap(({ feed, symbol }) => [
      subjectOf(env, feed, "orderbook", symbol),
      ...[symbol, ALL_SYMBOLS].map((each) => subjectOf(env, feed, "gap", each)),
      watermarkSubject(env, feed),
    ]));
    let isAway = false;
    transport.onStatus(({ type }) => {
      const wasAway = isAway;
      isAway = type === "disconnected";
      if (!wasAway || isAway || this.#closed.signal.aborted) return;
      for (const book of this.#books) book.lose(nowUs());
      void this.#ask();
    });
    this.#reading = beginLasting(async () => {
      const { unsubscribe } = await transport.subscribe(
        [...filters],
        (message) => this.#take(message),
      );
      void this.#ask();
      return { close: unsubscribe };
    }, {
      onFailed: (error, isFirst) => {
        if (isFirst) logger.warn("other feeds are not read yet, it is tried again", { error });
      },
    });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await (await this.#reading)?.close();
  }

  #take(message: InMessage): void {
    try {
      this.#read(message);
    } catch (error) {
      if (this.#unreadable++ % 1000 > 0) return;
      const { subject } = message;
      this.#options.logger.warn("a record of another feed cannot be read", { subject, error });
    }
  }

  #read({ subject, payload }: InMessage): void {
    const type = typeOfSubject(subject);
    if (type === undefined) return this.#pass(decodeWatermark(payload));
    const { feed, symbol } = parseSubject(subject) ?? {};
    const event = decode(type, payload);
    for (const book of this.#books) {
      if (book.feed !== feed) continue;
      if (symbol === book.symbol || symbol === ALL_SYMBOLS) book.take(event);
    }
  }

  #pass({ feed, timeUs, shard }: Watermark): void {
    let byShard = this.#watermarks.get(feed);
    if (byShard === undefined) this.#watermarks.set(feed, byShard = new Map());
    byShard.set(shard?.name ?? "", timeUs);
    const names = shard?.all ?? [""];
    const completeUs = Math.min(...names.map((name) => byShard.get(name) ?? 0));
    for (const { other, market } of this.#options.pairs) {
      if (other.feed === feed) market.passOtherTo(completeUs);
    }
  }

  /** Requests unknown books until all are known; later connectors publish their own. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const unknown = () => this.#books.filter(({ isUnknown }) => isUnknown);
    while (unknown().length > 0 && !this.#closed.signal.aborted) {
      for (const feed of new Set(unknown().map((book) => book.feed))) await this.#askFeed(feed);
      if (unknown().length > 0) await sleep(ASK_AGAIN_MS, this.#closed.signal);
    }
    this.#isAsking = false;
  }

  async #askFeed(feed: string): Promise<void> {
    const { env, transport, logger } = this.#options;
    const shards = transport.shards?.length ? transport.shards : [undefined];
    await Promise.all(shards.map(async (shard) => {
      const subject = shardSubject(snapshotSubject(env, feed), shard);
      try {
        const answer = await transport.request(subject, new Uint8Array(0), ANSWER_MS_MAX);
        for (const message of messagesIn(answer)) {
          const event = decode("orderbook", message);
          if (event.type !== "orderbook") continue;
          for (const book of this.#books) {
            if (book.feed === feed && book.symbol === event.symbol) book.takeAnswer(event);
          }
        }
      } catch (error) {
        logger.debug("no books of another feed yet", { feed, why: messageOf(error) });
      }
    }));
  }
}

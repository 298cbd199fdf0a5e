import {
  ALL_SYMBOLS,
  type Gap,
  type GapReason,
  isOpenGap,
  type MarketEvent,
  openGap,
  recoveredGap,
  valueOf,
} from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { markUnreadable } from "../unreadable.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import { isPrice, KalshiBook, type KalshiBookState, NO_SID } from "./book.ts";
import {
  type DeltaFields,
  DOLLAR_STEPS,
  type KalshiFormat,
  PRICE_DECIMALS,
  SIZE_DECIMALS,
  timestampOf,
} from "./format.ts";
import type { KalshiBody } from "./messages.ts";

/** Why books are lost. */
export interface Loss {
  reason: GapReason;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Last moment known to be good, µs. */
  fromUs: number;
  detail: string;
}

/** What the books need of their connection. */
export interface BooksOptions {
  feed: string;
  format: KalshiFormat;
  /** Our name of a ticker. */
  ours: (ticker: string) => string;
  /** Has lost books asked for. */
  ledger: SubscriptionLedger;
}

/** The books of a connection. */
export class Books {
  #options: BooksOptions;
  #books = new Map<string, KalshiBook>();
  #delta: DeltaFields = { price: NaN, change: NaN, side: "" };

  /** No books yet. */
  constructor(options: BooksOptions) {
    this.#options = options;
  }

  /** A snapshot: it replaces the book, and heals it where it was suspect. */
  snapshot(ticker: string, sid: number, body: KalshiBody, atUs: number, out: Normalized): void {
    const book = this.#bookOf(ticker, atUs);
    book.sid = sid;
    book.seen = true;
    book.ended = false;
    const timestampUs = timestampOf(body);
    const wrong = book.replace(body, this.#options.format) ||
      (Number.isNaN(timestampUs) ? "The time is unreadable." : "");
    if (wrong !== "") {
      this.#unreadable(book, `The snapshot of ${ticker} is unreadable: ${wrong}`, atUs, out);
      return;
    }
    book.sound = true;
    book.goodUs = atUs;
    if (book.gap !== null) out.events.push(recoveredGap(book.gap, atUs));
    book.gap = null;
    out.events.push(book.snapshot(this.#options.feed, timestampUs, atUs));
  }

  /** A signed change of one level; it is dropped while the book is suspect. */
  delta(ticker: string, sid: number, body: KalshiBody, atUs: number, out: Normalized): void {
    const book = this.#books.get(ticker) ?? this.#bookOf(ticker, atUs);
    if (book.sound && book.sid !== sid) {
      // Two subscriptions cover the market: the one of the last snapshot keeps the book up.
      out.notice = { type: "dropped", what: `delta of ${ticker} that sid ${book.sid} brings too` };
      return;
    }
    if (!book.sound) {
      if (book.ended) this.#reopen(book, atUs, out);
      book.sid = sid;
      if (!book.seen) this.#beginless(book, atUs, out);
      out.notice = { type: "dropped", what: `delta for the suspect book ${ticker}` };
      return;
    }
    const delta = this.#delta;
    this.#options.format.delta(body, delta);
    const timestampUs = timestampOf(body);
    const isYes = delta.side === "yes";
    if (
      !(isYes || delta.side === "no") || !isPrice(delta.price) || Number.isNaN(delta.change) ||
      Number.isNaN(timestampUs)
    ) {
      this.#unreadable(book, `The delta of ${ticker} is unreadable.`, atUs, out);
      return;
    }
    const side = isYes ? book.book.bids : book.book.asks;
    const price = isYes ? delta.price : DOLLAR_STEPS - delta.price;
    const size = side.sizeAt(price) + delta.change;
    if (size < 0 || size > Number.MAX_SAFE_INTEGER) {
      const detail = `The size of ${ticker} would be ${valueOf(size, SIZE_DECIMALS)} at ${
        valueOf(price, PRICE_DECIMALS)
      }: its book is wrong.`;
      out.notice = { type: "dropped", what: detail };
      const loss: Loss = { reason: "sequence", missed: null, fromUs: book.goodUs, detail };
      return this.#lose([book], loss, atUs, out);
    }
    side.set(price, size);
    book.goodUs = atUs;
    out.events.push(book.delta(this.#options.feed, isYes, price, size, timestampUs, atUs));
  }

  /** The subscription that kept a book up has ended, while another one covers its market. */
  #reopen(book: KalshiBook, atUs: number, out: Normalized): void {
    book.ended = false;
    const detail =
      `The subscription that kept the book of ${book.ticker} up ended; another goes on.`;
    const { lostUs: fromUs } = book;
    this.#lose([book], { reason: "subscription", missed: null, fromUs, detail }, atUs, out);
  }

  /** Changes come and their snapshot did not: it was lost, and they are. Told once, by book or order. */
  #beginless(book: KalshiBook, atUs: number, out: Normalized): void {
    const { ticker, symbol, lostUs: fromUs } = book;
    if (book.gap !== null || this.#options.ledger.find("orderbook", symbol)?.gap) return;
    const detail = `Changes of the book of ${ticker} came without the snapshot before them.`;
    this.#lose([book], { reason: "sequence", missed: null, fromUs, detail }, atUs, out);
  }

  #unreadable(book: KalshiBook, reason: string, atUs: number, out: Normalized): void {
    const { symbol } = book;
    markUnreadable(out, { reason, symbol, channel: "orderbook", isCovered: true });
    const fromUs = book.goodUs || atUs;
    this.#lose([book], { reason: "parse", missed: 1, fromUs, detail: reason }, atUs, out);
  }

  /**
   * All books of a subscription are suspect: one gap a book, on `_all` when there is none, since a
   * hole must show somewhere.
   */
  loseAll(sid: number, loss: Loss, atUs: number, out: Normalized): void {
    const books = [...this.#books.values()].filter((book) => book.seen && book.sid === sid);
    if (books.length > 0) return this.#lose(books, loss, atUs, out);
    const { feed } = this.#options;
    out.events.push({
      ...openGap({ feed, symbol: ALL_SYMBOLS, channel: "orderbook", atUs, ...loss }),
      toUs: atUs,
    });
  }

  #lose(books: readonly KalshiBook[], loss: Loss, atUs: number, out: Normalized): void {
    const { feed } = this.#options;
    for (const [i, book] of books.entries()) {
      book.drop(loss.fromUs);
      // Whose messages are missing is not known: they are counted once, so that a sum of gaps is true.
      const missed = i === 0 ? loss.missed : null;
      const { symbol } = book;
      const gap = openGap({ feed, symbol, channel: "orderbook", atUs, ...loss, missed });
      // What was lost first is what recovery is counted from.
      book.gap ??= gap;
      out.events.push({ ...gap });
      this.#options.ledger.lose("orderbook", book.symbol, loss.fromUs, atUs);
    }
  }

  /** A subscription starts (anew): what it covered before has to come again. */
  begin(sid: number, tickers: Iterable<string>, atUs: number): void {
    this.end(sid, atUs);
    for (const ticker of tickers) {
      const book = this.#bookOf(ticker, atUs);
      if (book.ended) book.lostUs = atUs;
      book.ended = false;
      if (!book.sound) book.sid = sid;
    }
  }

  /** A subscription ended: its books are no longer kept up. */
  end(sid: number, atUs: number): void {
    for (const book of this.#books.values()) {
      if (book.sid !== sid) continue;
      book.release(atUs);
      book.ended = true;
    }
  }

  #bookOf(ticker: string, atUs: number): KalshiBook {
    let book = this.#books.get(ticker);
    if (book === undefined) {
      book = new KalshiBook(ticker, this.#options.ours(ticker), atUs);
      this.#books.set(ticker, book);
    }
    return book;
  }

  /** The connection broke: no book is right any more. */
  disconnected(lastGoodUs: number): void {
    for (const book of this.#books.values()) book.release(lastGoodUs);
  }

  /** The subscription that covers a book; undefined when none does. */
  sidOf(ticker: string): number | undefined {
    const sid = this.#books.get(ticker)?.sid ?? NO_SID;
    return sid === NO_SID ? undefined : sid;
  }

  /** Snapshots of all sound books. */
  snapshots(): MarketEvent[] {
    const sound = [...this.#books.values()].filter((book) => book.sound);
    return sound.map((book) => book.snapshot(this.#options.feed, 0, 0));
  }

  /** The book of a market; undefined when there is none. */
  bookOf(ticker: string): KalshiBook | undefined {
    return this.#books.get(ticker);
  }

  /** The venue's own snapshots of all sound books; `seqOf` gives the last number of a subscription. */
  snapshotFrames(seqOf: (sid: number) => number): string[] {
    const sound = [...this.#books.values()].filter((book) => book.sound);
    return [...Map.groupBy(sound, ({ sid }) => sid)].flatMap(([sid, books]) => {
      const first = seqOf(sid) - books.length + 1;
      // A number is never below 1: it may be there twice then, and the first one counts.
      return books.map((book, i) =>
        book.snapshotFrame(this.#options.format, { sid, seq: Math.max(1, first + i) })
      );
    });
  }

  /** Tickers of all books. */
  tickers(): string[] {
    return [...this.#books.keys()];
  }

  /** The gap of a book that no snapshot has ended; undefined when there is none. */
  carried(ticker: string): Gap | undefined {
    const gap = this.#books.get(ticker)?.gap;
    return gap ? { ...gap } : undefined;
  }

  /** An earlier run's gap of a book goes on: the next snapshot ends it. */
  carry(ticker: string, gap: unknown): void {
    if (isOpenGap(gap)) this.#bookOf(ticker, gap.fromUs).gap = { ...gap };
  }

  /** Plain JSON of all books. */
  state(): KalshiBookState[] {
    return [...this.#books.values()].map((book) => book.state());
  }

  /** Takes over books from their plain JSON. */
  restore(states: readonly KalshiBookState[]): void {
    this.#books.clear();
    for (const state of states) {
      const book = KalshiBook.restore(state, this.#options.ours(state.ticker));
      this.#books.set(state.ticker, book);
    }
  }
}

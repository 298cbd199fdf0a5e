import { ALL_SYMBOLS, openGap, valueOf } from "@ssmd/market";
import { addEvent, type Normalized } from "../adapter.ts";
import { type BookLoss, BookSet, type BookSetOptions } from "../book_set.ts";
import { markUnreadable } from "../unreadable.ts";
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
import { DELTA, HEAD, type ScannedFrame } from "./scanner.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** A parsed delta: price on the YES or NO ladder and signed size, in steps. */
interface Change {
  isYes: boolean;
  price: number;
  change: number;
  timestampUs: number;
}

/** Books of a connection, maintained by snapshots and sequenced deltas of its subscriptions. */
export class Books extends BookSet<KalshiBook, KalshiBookState> {
  #format: KalshiFormat;
  #subscriptions: Subscriptions;
  #delta: DeltaFields = { price: NaN, change: NaN, side: "" };

  constructor(options: BookSetOptions, format: KalshiFormat, subscriptions: Subscriptions) {
    super(options);
    this.#format = format;
    this.#subscriptions = subscriptions;
  }

  /** Applies a snapshot, which replaces the book and makes it valid. */
  snapshot(ticker: string, sid: number, body: KalshiBody, atUs: number, out: Normalized): void {
    const book = this.bookOf(ticker, atUs);
    book.sid = sid;
    book.seen = true;
    book.ended = false;
    const timestampUs = timestampOf(body);
    const wrong = book.replace(body, this.#format) ||
      (Number.isNaN(timestampUs) ? "The time is unreadable." : "");
    if (wrong !== "") {
      this.#unreadable(book, `The snapshot of ${ticker} is unreadable: ${wrong}`, atUs, out);
      return;
    }
    this.heal(book, timestampUs, atUs, out);
  }

  /** Applies a signed change of one level; dropped while the book is invalid. */
  delta(ticker: string, sid: number, body: KalshiBody, atUs: number, out: Normalized): void {
    const book = this.#changing(ticker, sid, atUs, out);
    if (book === undefined) return;
    const delta = this.#delta;
    this.#format.delta(body, delta);
    const { price, change, side } = delta;
    const timestampUs = timestampOf(body);
    const isYes = side === "yes";
    if (
      !(isYes || side === "no") || !isPrice(price) || Number.isNaN(change) ||
      Number.isNaN(timestampUs)
    ) {
      this.#unreadable(book, `The delta of ${ticker} is unreadable.`, atUs, out);
    } else this.#change(book, { isYes, price, change, timestampUs }, atUs, out);
  }

  /** Applies a delta from the scanner's tape. */
  scanned({ tape, offset, ticker }: ScannedFrame, atUs: number, out: Normalized): void {
    const book = this.#changing(ticker, tape[offset + HEAD.sid] as number, atUs, out);
    if (book === undefined) return;
    const change: Change = {
      isYes: tape[offset + DELTA.isYes] === 1,
      price: tape[offset + DELTA.price] as number,
      change: tape[offset + DELTA.change] as number,
      timestampUs: tape[offset + HEAD.timeUs] as number,
    };
    this.#change(book, change, atUs, out);
  }

  /** Returns the book for a delta of `sid`; undefined = the delta is dropped. */
  #changing(ticker: string, sid: number, atUs: number, out: Normalized): KalshiBook | undefined {
    const known = this.books.get(ticker);
    if (known !== undefined && known.valid && known.sid === sid) return known;
    return this.#notChanging(this.bookOf(ticker, atUs), sid, atUs, out);
  }

  #notChanging(book: KalshiBook, sid: number, atUs: number, out: Normalized): undefined {
    const { external: ticker } = book;
    if (book.valid) {
      // Two subscriptions cover the market: the one of the last snapshot maintains the book.
      out.notice = { type: "dropped", what: `delta of ${ticker} that sid ${book.sid} brings too` };
      return undefined;
    }
    if (book.ended) this.#reopen(book, atUs, out);
    book.sid = sid;
    if (!book.seen) this.#beginless(book, atUs, out);
    out.notice = { type: "dropped", what: `delta for the suspect book ${ticker}` };
    return undefined;
  }

  #change(book: KalshiBook, given: Change, atUs: number, out: Normalized): void {
    const { isYes, timestampUs } = given;
    const side = isYes ? book.book.bids : book.book.asks;
    const price = isYes ? given.price : DOLLAR_STEPS - given.price;
    const size = side.add(price, given.change);
    if (size < 0 || size > Number.MAX_SAFE_INTEGER) {
      return this.#contradicted(book, { price, size }, atUs, out);
    }
    book.lastGoodAtUs = atUs;
    const times = { feed: this.feed, timestampUs, receivedAtUs: atUs };
    addEvent(out, book.delta({ isBid: isYes, price, size }, times));
  }

  /** Handles a delta that does not fit its book. */
  #contradicted(
    book: KalshiBook,
    { price, size }: { price: number; size: number },
    atUs: number,
    out: Normalized,
  ): void {
    const detail = `The size of ${book.external} would be ${valueOf(size, SIZE_DECIMALS)} at ${
      valueOf(price, PRICE_DECIMALS)
    }: its book is wrong.`;
    out.notice = { type: "dropped", what: detail };
    const loss: BookLoss = {
      reason: "sequence",
      missed: null,
      fromUs: book.lastGoodAtUs,
      detail,
    };
    this.invalidate([book], loss, atUs, out);
  }

  /** Handles the end of the book's subscription while another one covers its market. */
  #reopen(book: KalshiBook, atUs: number, out: Normalized): void {
    book.ended = false;
    const detail =
      `The subscription that kept the book of ${book.external} up ended; another goes on.`;
    const { lostUs: fromUs } = book;
    this.invalidate([book], { reason: "subscription", missed: null, fromUs, detail }, atUs, out);
  }

  /** Reports deltas without a snapshot, once: in the gap of the book or of the order. */
  #beginless(book: KalshiBook, atUs: number, out: Normalized): void {
    const { external, symbol, lostUs: fromUs } = book;
    if (book.gap !== null || this.ledger.find("orderbook", symbol)?.gap) return;
    const detail = `Changes of the book of ${external} came without the snapshot before them.`;
    this.invalidate([book], { reason: "sequence", missed: null, fromUs, detail }, atUs, out);
  }

  #unreadable(book: KalshiBook, reason: string, atUs: number, out: Normalized): void {
    const { symbol } = book;
    markUnreadable(out, { reason, symbol, channel: "orderbook", isCovered: true });
    const fromUs = book.lastGoodAtUs || atUs;
    this.invalidate([book], { reason: "parse", missed: 1, fromUs, detail: reason }, atUs, out);
  }

  /**
   * Invalidates all books of a subscription: one gap per book, or one on `_all` if there is none,
   * so that the loss is always reported.
   */
  invalidateAll(sid: number, loss: BookLoss, atUs: number, out: Normalized): void {
    const books = [...this.books.values()].filter((book) => book.seen && book.sid === sid);
    if (books.length > 0) return this.invalidate(books, loss, atUs, out);
    out.events.push({
      ...openGap({ feed: this.feed, symbol: ALL_SYMBOLS, channel: "orderbook", atUs, ...loss }),
      toUs: atUs,
    });
  }

  /** Handles a new or restarted subscription: earlier books need a new snapshot. */
  begin(sid: number, tickers: Iterable<string>, atUs: number): void {
    this.end(sid, atUs);
    for (const ticker of tickers) {
      const book = this.bookOf(ticker, atUs);
      if (book.ended) book.lostUs = atUs;
      book.ended = false;
      if (!book.valid) book.sid = sid;
    }
  }

  /** Handles a market added to a subscription. */
  cover(ticker: string, sid: number, atUs: number): void {
    const book = this.bookOf(ticker, atUs);
    book.ended = false;
    if (!book.valid) book.sid = sid;
  }

  /** Handles the end of a subscription: its books become invalid. */
  end(sid: number, atUs: number): void {
    for (const book of this.books.values()) {
      if (book.sid !== sid) continue;
      book.release(atUs);
      book.ended = true;
    }
  }

  /** Subscription that covers a book; undefined = none. */
  sidOf(ticker: string): number | undefined {
    const sid = this.books.get(ticker)?.sid ?? NO_SID;
    return sid === NO_SID ? undefined : sid;
  }

  /** Snapshot frames of all valid books, with the last sequences of their subscriptions. */
  snapshotFrames(): string[] {
    return [...Map.groupBy(this.validBooks(), ({ sid }) => sid)].flatMap(([sid, books]) => {
      const first = this.#subscriptions.seqOf(sid) - books.length + 1;
      // Sequences start at 1: one may repeat here, and then the first frame counts.
      return books.map((book, i) =>
        book.snapshotFrame(this.#format, { sid, seq: Math.max(1, first + i) })
      );
    });
  }

  protected create(external: string, lostUs: number): KalshiBook {
    return new KalshiBook({ external, symbol: this.symbols.ours(external), lostUs });
  }

  protected stateOf(book: KalshiBook): KalshiBookState {
    return book.state();
  }

  protected bookOfState(state: KalshiBookState): KalshiBook {
    return KalshiBook.restore(state, this.symbols.ours(state.ticker));
  }
}

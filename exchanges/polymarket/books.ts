import type { Level } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { type BookLoss, BookSet } from "../book_set.ts";
import { wordOf } from "../json_fields.ts";
import { markUnreadable, noteBeside } from "../unreadable.ts";
import { levelOf, levelsOf, PolymarketBook, type PolymarketBookState } from "./book.ts";
import { HashSearches } from "./book_hash.ts";
import { timestampOf } from "./format.ts";
import { objectOf, type PolymarketChange, type PolymarketEvent } from "./messages.ts";

/** Within a burst the venue's best prices are ahead of its changes; a longer difference is a loss. */
const DIFFERS_US_MAX = 1_000_000;

/**
 * Books of a connection. Messages have no sequence: a missing change shows when the venue's best
 * prices and the book's keep differing.
 */
export class Books extends BookSet<PolymarketBook, PolymarketBookState> {
  /** Schedule of hash searches. */
  readonly searches = new HashSearches();

  /** Applies a whole book, which replaces the previous one; false when unreadable or refuted. */
  snapshot(token: string, event: PolymarketEvent, atUs: number, out: Normalized): boolean {
    const book = this.bookOf(token, atUs);
    const levels = levelsOf(event);
    const timestampUs = timestampOf(event.timestamp);
    if (typeof event.market === "string") book.market = event.market;
    if (levels === undefined || Number.isNaN(timestampUs)) {
      this.#unreadable(book, `The book of ${book.symbol} is unreadable.`, atUs, out);
      return false;
    }
    book.replace(levels);
    const { provenAtUs } = book.hash;
    if (book.verifyFirst(event, atUs) === "failed") {
      const what = `The venue's hash of the book of ${book.symbol} is not that of its levels.`;
      this.#failed(book, { detail: what, fromUs: provenAtUs }, atUs, out);
      return false;
    }
    this.heal(book, timestampUs, atUs, out);
    return true;
  }

  /** Applies level changes, mostly of both outcomes of a market; other tokens are skipped. */
  changes(event: PolymarketEvent, atUs: number, out: Normalized): void {
    const { price_changes: list, market } = event;
    const changes = Array.isArray(list) ? list.map(objectOf<PolymarketChange>) : [];
    const isWhole = changes.length > 0 &&
      changes.every((change) => typeof change?.asset_id === "string");
    if (!isWhole) return this.#marketUnreadable(market, atUs, out);
    const timestampUs = timestampOf(event.timestamp);
    const byToken = Map.groupBy(changes as PolymarketChange[], (change) => change.asset_id);
    for (const [token, own] of byToken) {
      if (!this.symbols.wants(token as string)) continue;
      this.#change(token as string, { changes: own, event, timestampUs }, atUs, out);
    }
    if (out.events.length > 0 || out.notice !== undefined) return;
    out.notice = { type: "ignored", what: "changes of another outcome" };
  }

  #change(
    token: string,
    { changes, event, timestampUs }: {
      changes: readonly PolymarketChange[];
      event: PolymarketEvent;
      timestampUs: number;
    },
    atUs: number,
    out: Normalized,
  ): void {
    const book = this.find(token);
    if (book === undefined || !book.valid) {
      const what = `change of the suspect book ${this.symbols.ours(token)}`;
      noteBeside(out, { type: "dropped", what });
      return;
    }
    const levels = changes.map((change) => {
      const side = change.side === "BUY" ? "bids" : change.side === "SELL" ? "asks" : undefined;
      return side && levelOf(side, change);
    });
    const sides: { bids: Level[]; asks: Level[] } = { bids: [], asks: [] };
    for (const level of levels) {
      if (level === undefined || Number.isNaN(timestampUs)) {
        return this.#unreadable(book, `A change of ${book.symbol} is unreadable.`, atUs, out);
      }
      sides[level.side].push(book.set(level));
    }
    const last = changes.at(-1) ?? {};
    if (!this.#isRight(book, last, atUs, out)) return;
    if (book.verifyChange(event.timestamp, last.hash, atUs) === "failed") {
      const what = `The venue's hashes of ${book.symbol} are no longer those of our levels`;
      const detail = `${what}: a change is missing.`;
      return this.#failed(book, { detail, fromUs: book.hash.provenAtUs }, atUs, out);
    }
    const times = { feed: this.feed, timestampUs, receivedAtUs: atUs };
    out.events.push(book.record({ kind: "delta", ...times, ...sides }));
  }

  /** Compares best prices after all changes of a frame; false = the book is lost. */
  #isRight(book: PolymarketBook, last: PolymarketChange, atUs: number, out: Normalized): boolean {
    if (book.agrees(last)) {
      book.differsSinceUs = 0;
      book.lastGoodAtUs = atUs;
      return true;
    }
    if (book.differsSinceUs === 0) book.differsSinceUs = atUs;
    if (atUs - book.differsSinceUs < DIFFERS_US_MAX) return true;
    const theirs = `${wordOf(last.best_bid)} and ${wordOf(last.best_ask)}`;
    this.#differs(book, `are ${theirs}`, atUs, out);
    return false;
  }

  /** Earliest time at which a difference that no change has mended is a loss, µs. */
  dueUs(): number {
    let dueUs = Infinity;
    for (const { valid, differsSinceUs } of this.books.values()) {
      if (valid && differsSinceUs > 0) dueUs = Math.min(dueUs, differsSinceUs + DIFFERS_US_MAX);
    }
    return dueUs;
  }

  /** Finds the losses of books that are quiet since their best prices differ. */
  overdue(atUs: number, out: Normalized): void {
    for (const book of this.validBooks()) {
      if (book.differsSinceUs === 0 || atUs - book.differsSinceUs < DIFFERS_US_MAX) continue;
      this.#differs(book, "were others", atUs, out);
    }
  }

  #differs(book: PolymarketBook, theirs: string, atUs: number, out: Normalized): void {
    const [bid, ask] = [book.levels("bids")[0]?.price ?? 0, book.levels("asks")[0]?.price ?? 0];
    const detail = `The venue's best prices of ${book.symbol} ${theirs}, ` +
      `ours ${bid} and ${ask}: a change is missing.`;
    const fromUs = book.lastGoodAtUs;
    this.#lose(book, { reason: "sequence", missed: null, fromUs, detail }, atUs, out);
    noteBeside(out, { type: "suspect", reason: detail });
  }

  #failed(
    book: PolymarketBook,
    loss: Pick<BookLoss, "fromUs" | "detail">,
    atUs: number,
    out: Normalized,
  ): void {
    this.#lose(book, { reason: "checksum", missed: null, ...loss }, atUs, out);
    noteBeside(out, { type: "suspect", reason: loss.detail });
  }

  #unreadable(book: PolymarketBook, reason: string, atUs: number, out: Normalized): void {
    const { symbol } = book;
    markUnreadable(out, { reason, symbol, channel: "orderbook", isCovered: true });
    const fromUs = book.lastGoodAtUs || atUs;
    this.#lose(book, { reason: "parse", missed: 1, fromUs, detail: reason }, atUs, out);
  }

  /** Also removes the book's records of this frame, which would pass for the answer to its loss. */
  #lose(book: PolymarketBook, loss: BookLoss, atUs: number, out: Normalized): void {
    const { symbol } = book;
    out.events = out.events.filter((event) =>
      event.type !== "orderbook" || event.symbol !== symbol
    );
    if (book.gap !== null) this.drop(book, loss.fromUs, atUs);
    else this.invalidate([book], loss, atUs, out);
  }

  /** Invalidates all books of the market, as the token of a change is unknown. */
  #marketUnreadable(market: unknown, atUs: number, out: Normalized): void {
    const reason = "A price_change lacks its list of changes or the token of one.";
    const books = this.validBooks().filter((book) => book.market === market);
    markUnreadable(out, { reason, channel: "orderbook", isCovered: books.length > 0 });
    for (const book of books) this.#unreadable(book, reason, atUs, out);
  }

  /** Snapshot frames in the venue's format of all valid books. */
  snapshotFrames(): string[] {
    return this.validBooks().map((book) => book.snapshotFrame());
  }

  /** There is no sequence, and the best prices and hashes do not show every change. */
  protected override isBlind(): boolean {
    return true;
  }

  protected create(external: string, lostUs: number): PolymarketBook {
    const symbol = this.symbols.ours(external);
    return new PolymarketBook({ external, symbol, lostUs }, this.searches);
  }

  protected stateOf(book: PolymarketBook): PolymarketBookState {
    return book.state();
  }

  protected bookOfState(state: PolymarketBookState): PolymarketBook {
    return PolymarketBook.restore(state, this.symbols.ours(state.external), this.searches);
  }
}

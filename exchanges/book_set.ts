import {
  type Gap,
  type GapReason,
  isOpenGap,
  type MarketEvent,
  openGap,
  recoveredGap,
} from "@ssmd/market";
import type { Normalized } from "./adapter.ts";
import type { SubscriptionLedger } from "./subscription_ledger.ts";
import type { Symbols } from "./symbols.ts";
import type { TrackedBook } from "./tracked_book.ts";

/** Reason and extent of a loss of books. */
export interface BookLoss {
  reason: GapReason;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Last time known to be good, µs. */
  fromUs: number;
  /** Reason, one sentence for a person. */
  detail: string;
}

/** Options of {@linkcode BookSet}. */
export interface BookSetOptions {
  feed: string;
  symbols: Symbols;
  /** Requests snapshots of lost books. */
  ledger: SubscriptionLedger;
}

/** Books of a connection, with the lifecycle common to all venues. */
export abstract class BookSet<Book extends TrackedBook, State> {
  protected readonly feed: string;
  protected readonly symbols: Symbols;
  protected readonly ledger: SubscriptionLedger;
  protected readonly books: Map<string, Book> = new Map();

  constructor({ feed, symbols, ledger }: BookSetOptions) {
    this.feed = feed;
    this.symbols = symbols;
    this.ledger = ledger;
  }

  /** Creates a book that awaits its snapshot since `atUs`. */
  protected abstract create(external: string, atUs: number): Book;
  /** Converts a book to plain JSON, and back. */
  protected abstract stateOf(book: Book): State;
  protected abstract bookOfState(state: State): Book;
  /** Snapshot frames in the venue's format of all valid books, one per market. */
  abstract snapshotFrames(): string[];

  /** Book of a market; undefined = none. */
  find(external: string): Book | undefined {
    return this.books.get(external);
  }

  /** Book of a market, created if absent. */
  protected bookOf(external: string, atUs: number): Book {
    let book = this.books.get(external);
    if (book === undefined) this.books.set(external, book = this.create(external, atUs));
    return book;
  }

  /** Marks a book valid after its snapshot: ends its gap and emits the whole book. */
  protected heal(book: Book, timestampUs: number, atUs: number, out: Normalized): void {
    book.valid = true;
    book.lastGoodAtUs = atUs;
    if (book.gap !== null) out.events.push(recoveredGap(book.gap, atUs));
    book.gap = null;
    out.events.push(book.snapshot(this.feed, timestampUs, atUs));
  }

  /** Invalidates books, emits a gap for each, and requests their snapshots. */
  protected invalidate(
    books: readonly Book[],
    loss: BookLoss,
    atUs: number,
    out: Normalized,
  ): void {
    for (const [i, book] of books.entries()) {
      this.#open(book, { ...loss, missed: i === 0 ? loss.missed : null }, atUs, out);
      this.drop(book, loss.fromUs, atUs);
    }
  }

  #open(book: Book, loss: BookLoss, atUs: number, out: Normalized): void {
    // Counted once, as it is unknown which book's messages are missing: keeps sums over gaps right.
    const gap = openGap({
      feed: this.feed,
      symbol: book.symbol,
      channel: "orderbook",
      atUs,
      ...loss,
    });
    // Recovery is measured from the first loss.
    book.gap ??= gap;
    out.events.push({ ...gap });
  }

  /** Invalidates a book and requests its snapshot; its gap was already emitted. */
  protected drop(book: Book, fromUs: number, atUs: number): void {
    book.drop(fromUs);
    this.ledger.invalidate("orderbook", book.symbol, fromUs, atUs);
  }

  /** Whether a missing change may stay unnoticed; no by default, as venues number their messages. */
  protected isBlind(_book: Book): boolean {
    return false;
  }

  /** Invalidates the books of which an unreadable frame may have been an unnoticed change. */
  loseBlind(detail: string, atUs: number, out: Normalized): void {
    const blind = this.validBooks().filter((book) => this.isBlind(book));
    this.invalidate(blind, { reason: "parse", missed: null, fromUs: atUs, detail }, atUs, out);
  }

  /** Invalidates all books on a disconnect. */
  disconnected(lastGoodUs: number): void {
    for (const book of this.books.values()) book.release(lastGoodUs);
  }

  /** All valid books. */
  protected validBooks(): Book[] {
    return [...this.books.values()].filter((book) => book.valid);
  }

  /** Snapshot records of all valid books. */
  snapshots(): MarketEvent[] {
    return this.validBooks().map((book) => book.snapshot(this.feed, 0, 0));
  }

  /** The venue's symbols of all books. */
  externals(): Iterable<string> {
    return this.books.keys();
  }

  /** Open gap of a book; undefined = none. */
  carried(external: string): Gap | undefined {
    const gap = this.books.get(external)?.gap;
    return gap ? { ...gap } : undefined;
  }

  /** Adopts the gap of a book from an earlier run; the next valid snapshot ends it. */
  carry(external: string, gap: unknown): void {
    if (isOpenGap(gap)) this.bookOf(external, gap.fromUs).gap = { ...gap };
  }

  /** Removes the book of an unsubscribed market; adds the recovery of its gap to `events`. */
  takeOff(external: string, atUs: number, events: MarketEvent[]): void {
    const gap = this.books.get(external)?.gap;
    if (gap) events.push(recoveredGap(gap, atUs));
    this.books.delete(external);
  }

  /** Plain JSON of all books. */
  state(): State[] {
    return [...this.books.values()].map((book) => this.stateOf(book));
  }

  /** Restores books from their plain JSON. */
  restore(states: readonly State[]): void {
    this.books.clear();
    for (const state of states) {
      const book = this.bookOfState(state);
      this.books.set(book.external, book);
    }
  }
}

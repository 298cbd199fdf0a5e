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

/** Why books are lost. */
export interface BookLoss {
  reason: GapReason;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Last moment known to be good, µs. */
  fromUs: number;
  /** One sentence for a person. */
  detail: string;
}

/** What the books of a connection need. */
export interface BookSetOptions {
  feed: string;
  symbols: Symbols;
  /** Has lost books asked for. */
  ledger: SubscriptionLedger;
}

/** The books of a connection: what becomes of them is the same at all venues. */
export abstract class BookSet<Book extends TrackedBook, State> {
  protected readonly feed: string;
  protected readonly symbols: Symbols;
  protected readonly ledger: SubscriptionLedger;
  protected readonly books: Map<string, Book> = new Map();

  /** No books yet. */
  constructor({ feed, symbols, ledger }: BookSetOptions) {
    this.feed = feed;
    this.symbols = symbols;
    this.ledger = ledger;
  }

  /** A book that waits for its snapshot since `atUs`. */
  protected abstract create(external: string, atUs: number): Book;
  /** A book's plain JSON, and a book from it. */
  protected abstract stateOf(book: Book): State;
  protected abstract bookOfState(state: State): Book;
  /** The venue's own snapshots of all sound books, a market each. */
  abstract snapshotFrames(): string[];

  /** The book of a market; undefined when there is none. */
  find(external: string): Book | undefined {
    return this.books.get(external);
  }

  /** The book of a market, from now on where there is none. */
  protected bookOf(external: string, atUs: number): Book {
    let book = this.books.get(external);
    if (book === undefined) this.books.set(external, book = this.create(external, atUs));
    return book;
  }

  /** A snapshot is in the book, and it is right: the gap ends, and the book is told whole. */
  protected heal(book: Book, timestampUs: number, atUs: number, out: Normalized): void {
    book.valid = true;
    book.lastGoodAtUs = atUs;
    if (book.gap !== null) out.events.push(recoveredGap(book.gap, atUs));
    book.gap = null;
    out.events.push(book.snapshot(this.feed, timestampUs, atUs));
  }

  /** Drops books, says so with a gap each, and has their snapshots asked for. */
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
    // Whose messages are missing is not known: they are counted once, so that a sum of gaps is true.
    const gap = openGap({
      feed: this.feed,
      symbol: book.symbol,
      channel: "orderbook",
      atUs,
      ...loss,
    });
    // What was lost first is what recovery is counted from.
    book.gap ??= gap;
    out.events.push({ ...gap });
  }

  /** Drops a book and has its snapshot asked for; that it is missing is told already. */
  protected drop(book: Book, fromUs: number, atUs: number): void {
    book.drop(fromUs);
    this.ledger.invalidate("orderbook", book.symbol, fromUs, atUs);
  }

  /** The connection broke: no book is right any more. */
  disconnected(lastGoodUs: number): void {
    for (const book of this.books.values()) book.release(lastGoodUs);
  }

  /** All books that can be trusted. */
  protected validBooks(): Book[] {
    return [...this.books.values()].filter((book) => book.valid);
  }

  /** Snapshots of all sound books. */
  snapshots(): MarketEvent[] {
    return this.validBooks().map((book) => book.snapshot(this.feed, 0, 0));
  }

  /** The venue's names of all books. */
  externals(): Iterable<string> {
    return this.books.keys();
  }

  /** The gap of a book that no snapshot has ended; undefined when there is none. */
  carried(external: string): Gap | undefined {
    const gap = this.books.get(external)?.gap;
    return gap ? { ...gap } : undefined;
  }

  /** An earlier run's gap of a book goes on: the next good snapshot ends it. */
  carry(external: string, gap: unknown): void {
    if (isOpenGap(gap)) this.bookOf(external, gap.fromUs).gap = { ...gap };
  }

  /** A market is ordered no more; the recovery of its gap goes to `events`. */
  takeOff(external: string, atUs: number, events: MarketEvent[]): void {
    const gap = this.books.get(external)?.gap;
    if (gap) events.push(recoveredGap(gap, atUs));
    this.books.delete(external);
  }

  /** Plain JSON of all books. */
  state(): State[] {
    return [...this.books.values()].map((book) => this.stateOf(book));
  }

  /** Takes over books from their plain JSON. */
  restore(states: readonly State[]): void {
    this.books.clear();
    for (const state of states) {
      const book = this.bookOfState(state);
      this.books.set(book.external, book);
    }
  }
}

import { type BookSide, type Level, OrderBook, type OrderBookUpdate } from "@ssmd/market";
import { GapMarks, type MissingSpan } from "./gap_marks.ts";

/** Best levels of a book, valid until its next row. */
export interface BookRow {
  symbol: string;
  feed: string;
  /** Time, µs; includes all updates received by then. */
  timeUs: number;
  /** Best first; empty when there are none or the book is unknown. */
  bids: readonly Level[];
  asks: readonly Level[];
  /** Whether the book is unknown since a gap, or a gap overlaps the last step. */
  gap: boolean;
}

/** Options of sampling a book. */
export interface SampleOptions {
  symbol: string;
  feed: string;
  /** Levels per side. */
  depth: number;
  /** Sampling interval, aligned to its multiples, µs; 0 = at each change. */
  everyUs: number;
  /** Rows are within [fromUs, toUs); earlier updates may be taken to build the initial state. */
  fromUs: number;
  toUs: number;
  gaps: readonly MissingSpan[];
}

/**
 * Rebuilds one market's book from updates and yields a row whenever its best levels or their
 * validity change. The book is unknown from the start of a gap to the next snapshot.
 */
export class BookSampler {
  #options: SampleOptions;
  #book = new OrderBook();
  #marks: GapMarks;
  #isKnown = false;
  #hasUpdates = false;
  #lastUs: number;
  /** Time of the next row; undefined until something happens. */
  #dueUs: number | undefined;
  #row: BookRow | undefined;

  constructor(options: SampleOptions) {
    const { fromUs, everyUs, gaps, symbol } = options;
    this.#options = options;
    this.#marks = new GapMarks(gaps, symbol, "orderbook");
    this.#lastUs = fromUs;
    this.#dueUs = everyUs === 0 ? fromUs : Math.ceil(fromUs / everyUs) * everyUs;
  }

  /** Applies the next update in receive order; yields the due rows. */
  *take(update: OrderBookUpdate): Generator<BookRow, void> {
    const { everyUs, fromUs } = this.#options;
    const { receivedAtUs } = update;
    yield* this.#rowsBefore(receivedAtUs);
    this.#forget(receivedAtUs);
    this.#apply(update);
    if (everyUs > 0) {
      this.#dueUs ??= Math.ceil(receivedAtUs / everyUs) * everyUs;
    } else if (receivedAtUs >= fromUs) {
      yield* this.#changed(receivedAtUs, this.#lastUs);
      this.#lastUs = receivedAtUs;
    }
  }

  /** Yields the rows from the last update to the end of the span. */
  end(): Generator<BookRow, void> {
    return this.#rowsBefore(this.#options.toUs);
  }

  *#rowsBefore(untilUs: number): Generator<BookRow, void> {
    const { everyUs } = this.#options;
    for (;;) {
      const breakUs = this.#isKnown ? this.#marks.nextBreak(untilUs) : undefined;
      const lostUs = breakUs !== undefined && everyUs > 0
        ? (Math.floor(breakUs / everyUs) + 1) * everyUs
        : breakUs;
      const timeUs = Math.min(this.#dueUs ?? Infinity, lostUs ?? Infinity);
      if (timeUs >= untilUs) return;
      // Sampled at each change, the book is lost at the break itself.
      this.#forget(everyUs === 0 && timeUs === breakUs ? timeUs + 1 : timeUs);
      yield* this.#changed(timeUs, everyUs === 0 ? this.#lastUs : timeUs - everyUs);
      if (this.#dueUs !== undefined && this.#dueUs > timeUs) continue;
      const mayClear = everyUs > 0 && this.#isKnown && this.#row?.gap === true;
      this.#dueUs = mayClear ? timeUs + everyUs : undefined;
    }
  }

  #forget(beforeUs: number): void {
    if (this.#marks.passBreaks(beforeUs)) this.#isKnown = false;
  }

  #apply({ kind, bids, asks, depth }: OrderBookUpdate): void {
    this.#hasUpdates = true;
    if (kind === "snapshot") {
      this.#book.clear();
      this.#isKnown = true;
    } else if (!this.#isKnown) return;
    for (const { price, size } of bids) this.#book.bids.set(price, size);
    for (const { price, size } of asks) this.#book.asks.set(price, size);
    if (depth > 0) this.#book.truncate(depth);
  }

  /** Yields a row if it differs from the last one. */
  *#changed(timeUs: number, sinceUs: number): Generator<BookRow, void> {
    const { symbol, feed, depth, fromUs, toUs } = this.#options;
    if (!this.#hasUpdates || timeUs < fromUs || timeUs >= toUs) return;
    const [bids, asks] = this.#isKnown
      ? [levelsOf(this.#book.bids, depth), levelsOf(this.#book.asks, depth)]
      : [[], []];
    const gap = !this.#isKnown || this.#marks.touches(sinceUs, timeUs);
    const last = this.#row;
    if (last?.gap === gap && areSame(last.bids, bids) && areSame(last.asks, asks)) return;
    this.#row = { symbol, feed, timeUs, bids, asks, gap };
    yield this.#row;
  }
}

function levelsOf({ prices, sizes }: BookSide, depth: number): Level[] {
  return prices.slice(0, depth).map((price, i) => ({ price, size: sizes[i] as number }));
}

function areSame(a: readonly Level[], b: readonly Level[]): boolean {
  return a.length === b.length &&
    a.every(({ price, size }, i) => price === b[i]?.price && size === b[i]?.size);
}

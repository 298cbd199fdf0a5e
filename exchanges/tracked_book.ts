import {
  type BookSide,
  type BookSideName,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  valueOf,
} from "@ssmd/market";

/** Digits after the point of a market's prices and sizes. */
export interface Precision {
  price: number;
  size: number;
}

/** What all books keep, as plain JSON; a venue's own state has its name of the market beside it. */
export interface TrackedBookState {
  valid: boolean;
  lostUs: number;
  lastGoodAtUs: number;
  gap: Gap | null;
  bids: [number, number][];
  asks: [number, number][];
}

/**
 * The book of one market in integer steps, and whether it can be trusted: it can from a snapshot on
 * until something after it was wrong or is missing.
 */
export class TrackedBook {
  /** The venue's name of the market. */
  readonly external: string;
  /** Ours. */
  readonly symbol: string;
  readonly book: OrderBook = new OrderBook();
  /** Whether a snapshot came and everything after it was right. */
  valid = false;
  /** When it was lost or first waited for, µs; meaningful while it is not sound. */
  lostUs: number;
  /** When it was last known to be right, µs; 0 = never. */
  lastGoodAtUs = 0;
  /** The gap that the next good snapshot closes. */
  gap: Gap | null = null;
  /** Levels a side that its subscription keeps up; 0 = all. */
  depth = 0;
  /** Digits after the point. */
  protected precision: Precision;
  /** What its records say of the venue's checksum. */
  protected checksum: OrderBookUpdate["checksum"] = "unverified";

  /** An empty book that waits for its snapshot since `lostUs`. */
  constructor(
    { external, symbol, lostUs, precision }: Pick<TrackedBook, "external" | "symbol" | "lostUs"> & {
      precision: Precision;
    },
  ) {
    this.external = external;
    this.symbol = symbol;
    this.lostUs = lostUs;
    this.precision = precision;
  }

  /** The book is not to be trusted from `lostUs` on. */
  drop(lostUs: number): void {
    if (this.valid) this.lostUs = lostUs;
    this.valid = false;
    this.clear();
  }

  /** Nothing keeps the book up any more: the connection broke. */
  release(lostUs: number): void {
    this.drop(lostUs);
  }

  /** Drops all levels. */
  protected clear(): void {
    this.book.clear();
  }

  /** The levels of a side as values, best first. */
  levels(name: BookSideName): Level[] {
    const { prices, sizes } = this.book[name];
    return prices.map((price, i) => ({
      price: valueOf(price, this.precision.price),
      size: valueOf(sizes[i] as number, this.precision.size),
    }));
  }

  /** The whole book as a record. */
  snapshot(feed: string, timestampUs: number, receivedAtUs: number): OrderBookUpdate {
    const [bids, asks] = [this.levels("bids"), this.levels("asks")];
    return this.record({ feed, kind: "snapshot", timestampUs, receivedAtUs, bids, asks });
  }

  /** A record of levels of this book. */
  record(
    { timestampUs, receivedAtUs, feed, kind, bids, asks }: Pick<
      OrderBookUpdate,
      "timestampUs" | "receivedAtUs" | "feed" | "kind" | "bids" | "asks"
    >,
  ): OrderBookUpdate {
    return {
      type: "orderbook",
      timestampUs,
      receivedAtUs,
      symbol: this.symbol,
      feed,
      sequence: 0,
      kind,
      bids,
      asks,
      depth: this.depth,
      checksum: this.checksum,
    };
  }

  /** Plain JSON of what all books have. */
  protected trackedState(): TrackedBookState {
    const { valid, lostUs, lastGoodAtUs, gap, book } = this;
    return {
      valid,
      lostUs,
      lastGoodAtUs,
      gap,
      bids: levelsOf(book.bids),
      asks: levelsOf(book.asks),
    };
  }

  /** Takes over what {@linkcode trackedState} gave; earlier versions wrote `sound` and `goodUs`. */
  protected restoreTracked(state: TrackedBookState & { sound?: boolean; goodUs?: number }): void {
    const { valid = state.sound ?? false, lastGoodAtUs = state.goodUs ?? 0 } = state;
    const { lostUs, gap, bids, asks } = state;
    Object.assign(this, { valid, lostUs, lastGoodAtUs, gap });
    for (const [price, size] of bids) this.book.bids.set(price, size);
    for (const [price, size] of asks) this.book.asks.set(price, size);
  }
}

function levelsOf({ prices, sizes }: BookSide): [number, number][] {
  return prices.map((price, i) => [price, sizes[i] as number]);
}

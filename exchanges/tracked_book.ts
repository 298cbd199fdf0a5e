import {
  type BookSide,
  type BookSideName,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  valueOf,
} from "@ssmd/market";

/** Digits after the decimal point of a market's prices and sizes. */
export interface Precision {
  price: number;
  size: number;
}

/** State of every book, as plain JSON; a venue's own state adds its symbol of the market. */
export interface TrackedBookState {
  valid: boolean;
  lostUs: number;
  lastGoodAtUs: number;
  gap: Gap | null;
  bids: [number, number][];
  asks: [number, number][];
}

/**
 * Order book of one market in integer steps, with its validity: valid from a snapshot on until data
 * after it is wrong or missing.
 */
export class TrackedBook {
  /** The venue's symbol. */
  readonly external: string;
  /** Our symbol. */
  readonly symbol: string;
  readonly book: OrderBook = new OrderBook();
  /** Whether a snapshot came and all data after it was right. */
  valid = false;
  /** Time when it was lost or first awaited, µs; meaningful only while invalid. */
  lostUs: number;
  /** Last time when it was known to be right, µs; 0 = never. */
  lastGoodAtUs = 0;
  /** Gap that the next valid snapshot closes. */
  gap: Gap | null = null;
  /** Levels per side that its subscription maintains; 0 = all. */
  depth = 0;
  /** Digits after the decimal point. */
  protected precision: Precision;
  /** Checksum status for its records. */
  protected checksum: OrderBookUpdate["checksum"] = "unverified";

  /** Creates an empty book that awaits its snapshot since `lostUs`. */
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

  /** Invalidates the book from `lostUs` on. */
  drop(lostUs: number): void {
    if (this.valid) this.lostUs = lostUs;
    this.valid = false;
    this.clear();
  }

  /** Invalidates the book on a disconnect. */
  release(lostUs: number): void {
    this.drop(lostUs);
  }

  protected clear(): void {
    this.book.clear();
  }

  /** Levels of a side as values, best first. */
  levels(name: BookSideName): Level[] {
    const { prices, sizes } = this.book[name];
    return prices.map((price, i) => ({
      price: valueOf(price, this.precision.price),
      size: valueOf(sizes[i] as number, this.precision.size),
    }));
  }

  /** The whole book as a snapshot record. */
  snapshot(feed: string, timestampUs: number, receivedAtUs: number): OrderBookUpdate {
    const [bids, asks] = [this.levels("bids"), this.levels("asks")];
    return this.record({ feed, kind: "snapshot", timestampUs, receivedAtUs, bids, asks });
  }

  /** Record of the given levels. */
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

  /** Plain JSON of the state that all books have. */
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

  /** Restores the state from {@linkcode trackedState}; earlier versions wrote `sound` and `goodUs`. */
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

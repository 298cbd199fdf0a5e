/**
 * An order book in integer steps: no float sums, and no keys that depend on arithmetic. Levels are
 * in sorted parallel arrays, best first; at the usual depths (10 to 1000) this is faster than a
 * tree and cheap to read.
 */
export type BookSideName = "bids" | "asks";

/** One side of a book: prices and sizes in steps, best first. */
export class BookSide {
  /** Prices in steps, best first; read-only for callers. */
  readonly prices: number[] = [];
  /** Sizes in steps, parallel to `prices`. */
  readonly sizes: number[] = [];
  #sign: number;
  /** Kept beside the lists: conditions read them much more often than they change. */
  #bestPrice = NaN;
  #bestSize = NaN;

  /** Bids are sorted descending, asks ascending. */
  constructor(side: BookSideName) {
    this.#sign = side === "bids" ? -1 : 1;
  }

  /** Number of levels. */
  get length(): number {
    return this.prices.length;
  }

  /** Best price in steps; NaN when the side is empty. */
  get bestPrice(): number {
    return this.#bestPrice;
  }

  /** Size at the best price in steps; NaN when the side is empty. */
  get bestSize(): number {
    return this.#bestSize;
  }

  /** Returns the index of `price`, or -(insertion index + 1) when it is absent. */
  indexOf(price: number): number {
    const prices = this.prices;
    const sign = this.#sign;
    const key = price * sign;
    let low = 0;
    let high = prices.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = (prices[middle] as number) * sign;
      if (at < key) low = middle + 1;
      else if (at > key) high = middle - 1;
      else return middle;
    }
    return -(low + 1);
  }

  /** Returns the size at `price`; 0 when there is no such level. */
  sizeAt(price: number): number {
    const index = this.indexOf(price);
    return index < 0 ? 0 : this.sizes[index] as number;
  }

  /** Adds to the size at `price`; returns the sum, which is not set if it is below 0 or above 2^53. */
  add(price: number, change: number): number {
    const index = this.indexOf(price);
    const size = (index < 0 ? 0 : this.sizes[index] as number) + change;
    if (index >= 0 && size > 0 && size <= Number.MAX_SAFE_INTEGER) this.#resize(index, size);
    else if (size >= 0 && size <= Number.MAX_SAFE_INTEGER) this.set(price, size);
    return size;
  }

  /** Sets the size at `price`; 0 removes the level. Returns its index, -1 when nothing changed. */
  set(price: number, size: number): number {
    const index = this.indexOf(price);
    if (index >= 0) {
      if (size === 0) {
        removeAt(this.prices, index);
        removeAt(this.sizes, index);
        if (index === 0) this.#readBest();
      } else this.#resize(index, size);
      return index;
    }
    if (size === 0) return -1;
    const inserted = -index - 1;
    insertAt(this.prices, inserted, price);
    insertAt(this.sizes, inserted, size);
    if (inserted === 0) [this.#bestPrice, this.#bestSize] = [price, size];
    return inserted;
  }

  #resize(index: number, size: number): void {
    this.sizes[index] = size;
    if (index === 0) this.#bestSize = size;
  }

  #readBest(): void {
    const isEmpty = this.prices.length === 0;
    this.#bestPrice = isEmpty ? NaN : this.prices[0] as number;
    this.#bestSize = isEmpty ? NaN : this.sizes[0] as number;
  }

  /** Drops levels beyond `depth`. */
  truncate(depth: number): void {
    if (this.prices.length > depth) this.prices.length = this.sizes.length = depth;
    if (depth === 0) this.#readBest();
  }

  /** Drops all levels. */
  clear(): void {
    this.prices.length = this.sizes.length = 0;
    this.#bestPrice = this.#bestSize = NaN;
  }
}

/** Order book of one market. */
export class OrderBook {
  /** Buy side, highest first. */
  readonly bids: BookSide = new BookSide("bids");
  /** Sell side, lowest first. */
  readonly asks: BookSide = new BookSide("asks");

  /** Whether the best bid is at or above the best ask. */
  get crossed(): boolean {
    // NaN, of an empty side, is at or above nothing.
    return this.bids.bestPrice >= this.asks.bestPrice;
  }

  /** Drops all levels of both sides. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** Drops levels beyond `depth` on each side. */
  truncate(depth: number): void {
    this.bids.truncate(depth);
    this.asks.truncate(depth);
  }
}

/** Up to this many elements, moving them one by one measured three times as fast as `splice`. */
const MOVED_MAX = 32;

function insertAt(list: number[], index: number, value: number): void {
  const end = list.length;
  if (end - index > MOVED_MAX) {
    list.splice(index, 0, value);
    return;
  }
  list.push(value);
  for (let i = end; i > index; i--) list[i] = list[i - 1] as number;
  list[index] = value;
}

function removeAt(list: number[], index: number): void {
  const last = list.length - 1;
  if (last - index > MOVED_MAX) {
    list.splice(index, 1);
    return;
  }
  for (let i = index; i < last; i++) list[i] = list[i + 1] as number;
  list.pop();
}

type Levels = readonly (readonly [number, number])[];

/** A side of the book: price → size. */
type Side = Map<number, number>;

/** The order book of the focused market, from the stream. */
export class Book {
  readonly bids: Side = new Map();
  readonly asks: Side = new Map();
  /** Whether it is the venue's: a snapshot came, and nothing was lost since. */
  known = false;
  depth = 0;
  checksum = "";

  /** Forgets everything. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.known = false;
    this.depth = 0;
    this.checksum = "";
  }

  /** Takes a snapshot or a change; false where a change has no book to go into. */
  take(message: Record<string, unknown>): boolean {
    if (message["kind"] === "snapshot") {
      this.clear();
      this.known = true;
      this.depth = Number(message["depth"]);
    } else if (!this.known) return false;
    this.checksum = String(message["checksum"]);
    setLevels(this.bids, message["bids"] as Levels);
    setLevels(this.asks, message["asks"] as Levels);
    if (this.depth > 0) {
      truncate(this.bids, this.depth, -1);
      truncate(this.asks, this.depth, 1);
    }
    return true;
  }

  /** The highest bid; undefined = there is none. */
  bestBid(): number | undefined {
    return best(this.bids, -1);
  }

  /** The lowest ask; undefined = there is none. */
  bestAsk(): number | undefined {
    return best(this.asks, 1);
  }

  /** Bids from the best on. */
  sortedBids(): [number, number][] {
    return sortLevels(this.bids, -1);
  }

  /** Asks from the best on. */
  sortedAsks(): [number, number][] {
    return sortLevels(this.asks, 1);
  }
}

function setLevels(side: Side, levels: Levels): void {
  for (const [price, size] of levels) {
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

function best(side: Side, sign: number): number | undefined {
  let found: number | undefined;
  for (const price of side.keys()) {
    if (found === undefined || (price - found) * sign < 0) found = price;
  }
  return found;
}

function sortLevels(side: Side, sign: number): [number, number][] {
  return [...side].sort((a, b) => (a[0] - b[0]) * sign);
}

/** Removes levels beyond the subscribed depth: they receive no more updates. */
function truncate(side: Side, depth: number, sign: number): void {
  if (side.size <= depth) return;
  for (const [price] of sortLevels(side, sign).slice(depth)) side.delete(price);
}

type Levels = readonly (readonly [number, number])[];

/** Side of the book: price → size. */
type Side = Map<number, number>;

/** Order book of the focused market, from the stream. */
export class Book {
  readonly bids: Side = new Map();
  readonly asks: Side = new Map();
  /** True when it equals the venue's: a snapshot arrived and nothing was lost since. */
  known = false;
  depth = 0;
  checksum = "";

  /** Clears the book. */
  clear(): void {
    this.bids.clear();
    this.asks.clear();
    this.known = false;
    this.depth = 0;
    this.checksum = "";
  }

  /** Applies a snapshot or delta; returns false for a delta without a snapshot. */
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

  /** Best bid; undefined = none. */
  bestBid(): number | undefined {
    return best(this.bids, -1);
  }

  /** Best ask; undefined = none. */
  bestAsk(): number | undefined {
    return best(this.asks, 1);
  }

  /** Bids, best first. */
  sortedBids(): [number, number][] {
    return sortLevels(this.bids, -1);
  }

  /** Asks, best first. */
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

/** Removes levels beyond the subscribed depth, which are no longer updated. */
function truncate(side: Side, depth: number, sign: number): void {
  if (side.size <= depth) return;
  for (const [price] of sortLevels(side, sign).slice(depth)) side.delete(price);
}

import type { Fire, MarketEvent } from "@ssmd/market";
import { valueOf } from "@ssmd/market";
import { OrderbookBuilder, PRICE_DECIMALS } from "../builders/orderbook.ts";

/** Times after a fire at which the price is sampled, µs. */
const HORIZONS_US: Readonly<Record<string, number>> = {
  "1s": 1_000_000,
  "10s": 10_000_000,
  "1m": 60_000_000,
};
const LONGEST_US = 60_000_000;

/** Price changes after fires. */
export interface Outcome {
  /** Horizon: `10s`. */
  after: string;
  /** Fires with both prices known. */
  count: number;
  /** Mean price change, in the quote unit; null when none is known. */
  mean: number | null;
  /** Median price change, in the quote unit; null when none is known. */
  median: number | null;
  /** Share of fires with a higher price afterwards, 0 to 1; null when none is known. */
  upShare: number | null;
}

interface Trail {
  book: OrderbookBuilder;
  times: number[];
  prices: number[];
}

/**
 * Tracks market prices (book mid, or the last trade without a valid book) and measures how they
 * changed after fires.
 */
export class OutcomeTracker {
  /** By feed, then symbol: a text of both would be made for each record. */
  readonly #trails = new Map<string, Map<string, Trail>>();
  #pending: Fire[] = [];
  readonly #changes = new Map<string, number[]>(Object.keys(HORIZONS_US).map((each) => [each, []]));

  /** Updates the market's price from the next record. */
  take(record: MarketEvent): void {
    const { feed, symbol, receivedAtUs } = record;
    if (record.type === "orderbook") {
      const trail = this.#trailOf(feed, symbol);
      trail.book.apply(record);
      const mid = midOf(trail.book);
      if (mid !== undefined) addPrice(trail, mid, receivedAtUs);
    } else if (record.type === "trade") {
      const trail = this.#trailOf(feed, symbol);
      if (midOf(trail.book) === undefined) addPrice(trail, record.price, receivedAtUs);
    }
  }

  #trailOf(feed: string, symbol: string): Trail {
    let ofFeed = this.#trails.get(feed);
    if (ofFeed === undefined) this.#trails.set(feed, ofFeed = new Map());
    let trail = ofFeed.get(symbol);
    if (trail === undefined) {
      ofFeed.set(symbol, trail = { book: new OrderbookBuilder(), times: [], prices: [] });
    }
    return trail;
  }

  /** Adds fires up to a time and measures those whose longest horizon has passed. */
  addFires(fires: readonly Fire[], nowUs: number): void {
    this.#pending.push(...fires);
    const due = this.#pending.filter(({ receivedAtUs }) => receivedAtUs + LONGEST_US <= nowUs);
    for (const fire of due) this.#judge(fire, nowUs);
    this.#pending = this.#pending.filter(({ receivedAtUs }) => receivedAtUs + LONGEST_US > nowUs);
    // Later fires need only prices from about this time on.
    for (const ofFeed of this.#trails.values()) {
      for (const trail of ofFeed.values()) forget(trail, nowUs - 2 * LONGEST_US);
    }
  }

  #judge({ feed, symbol, receivedAtUs }: Fire, nowUs: number): void {
    const trail = this.#trails.get(feed)?.get(symbol);
    const before = trail && priceAt(trail, receivedAtUs);
    for (const [after, us] of Object.entries(HORIZONS_US)) {
      const then = trail && receivedAtUs + us <= nowUs
        ? priceAt(trail, receivedAtUs + us)
        : undefined;
      if (before !== undefined && then !== undefined) {
        this.#changes.get(after)?.push(Number((then - before).toFixed(PRICE_DECIMALS)));
      }
    }
  }

  /** Returns the outcomes; fires with pending horizons are measured as far as the records reach. */
  outcomes(lastUs: number): Outcome[] {
    for (const fire of this.#pending) this.#judge(fire, lastUs);
    this.#pending = [];
    return [...this.#changes].map(([after, changes]) => outcomeOf(after, changes));
  }
}

function midOf({ valid, book: { bids, asks } }: OrderbookBuilder): number | undefined {
  if (!valid || bids.length === 0 || asks.length === 0) return undefined;
  return valueOf(bids.bestPrice + asks.bestPrice, PRICE_DECIMALS) / 2;
}

function addPrice({ times, prices }: Trail, price: number, atUs: number): void {
  if (prices.at(-1) === price) return;
  times.push(atUs);
  prices.push(price);
}

function priceAt({ times, prices }: Trail, atUs: number): number | undefined {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= atUs) low = middle + 1;
    else high = middle;
  }
  return prices[low - 1];
}

/** Drops prices superseded before a time, once at least 1024 of them can go. */
function forget({ times, prices }: Trail, atUs: number): void {
  const kept = times.findLastIndex((time) => time <= atUs);
  if (kept < 1024) return;
  times.splice(0, kept);
  prices.splice(0, kept);
}

function outcomeOf(after: string, changes: readonly number[]): Outcome {
  const count = changes.length;
  if (count === 0) return { after, count, mean: null, median: null, upShare: null };
  const sorted = changes.toSorted((a, b) => a - b);
  const middle = ((sorted[(count - 1) >> 1] ?? 0) + (sorted[count >> 1] ?? 0)) / 2;
  const rounded = (value: number) => Number(value.toPrecision(6));
  return {
    ...{ after, count, median: rounded(middle) },
    mean: rounded(changes.reduce((sum, each) => sum + each, 0) / count),
    upShare: rounded(changes.filter((each) => each > 0).length / count),
  };
}

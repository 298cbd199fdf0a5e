import { type Level, type MarketEvent, OrderBook } from "@ssmd/market";
import { ConfigError } from "@ssmd/runtime/errors";
import {
  type Builder,
  type BuilderDefinition,
  concerns,
  define,
  type MarketOption,
  marketPart,
} from "./builder.ts";
import type { StateReader, StateWriter } from "./state_bytes.ts";

/** Decimals of price steps: exact below 900,000. */
export const PRICE_DECIMALS = 10;
/** Decimals of size steps: sums are exact below 90,000,000. */
const SIZE_DECIMALS = 8;
/** Steps per unit of price and of size. */
export const PRICE_STEPS = 10 ** PRICE_DECIMALS;
export const SIZE_STEPS = 10 ** SIZE_DECIMALS;
const DEPTH_MAX = 1000;

/** Options of `orderbook`. */
export interface OrderbookOptions extends MarketOption {
  /** Levels per side used in sums, 1 to 1000; default 10. */
  depth?: number;
}

/**
 * An order book in integer steps. Valid from a snapshot to the next gap of its records, except
 * while crossed.
 */
export class OrderbookBuilder implements Builder {
  /** Levels, in steps. */
  readonly book = new OrderBook();
  #isComplete = false;

  /** Whether a snapshot came, no gap followed, and the best bid is below the best ask. */
  get valid(): boolean {
    return this.#isComplete && !this.book.crossed;
  }

  /** Applies snapshots, deltas and gaps. */
  apply(record: MarketEvent): void {
    if (record.type === "orderbook") {
      if (record.kind === "snapshot") {
        this.book.clear();
        this.#isComplete = true;
      } else if (!this.#isComplete) return;
      setAll(this.book.bids, record.bids);
      setAll(this.book.asks, record.asks);
      if (record.depth > 0) this.book.truncate(record.depth);
    } else if (record.type === "gap" && !record.recovered) {
      // A clock gap leaves books correct, and a recovered gap may come after its snapshot.
      if (record.reason !== "clock" && concerns(record, "orderbook")) this.#isComplete = false;
    }
  }

  /** Writes the levels. */
  write(to: StateWriter): void {
    to.flag(this.#isComplete);
    for (const side of [this.book.bids, this.book.asks]) {
      to.number(side.length);
      side.prices.forEach((price, i) => to.number(price).number(side.sizes[i] ?? 0));
    }
  }

  /** Restores the levels. */
  read(from: StateReader): void {
    this.#isComplete = from.flag();
    this.book.clear();
    for (const side of [this.book.bids, this.book.asks]) {
      for (let left = from.number(); left > 0; left--) side.set(from.number(), from.number());
    }
  }
}

function setAll(side: OrderBook["bids"], levels: readonly Level[]): void {
  for (let i = 0; i < levels.length; i++) {
    const { price, size } = levels[i] as Level;
    side.set(Math.round(price * PRICE_STEPS), Math.round(size * SIZE_STEPS));
  }
}

/** View of an order book for conditions. A missing level is NaN, which fails every comparison. */
export class OrderbookView {
  #book: OrderBook;
  #depth: number;

  /** Creates a view of a book whose sums use `depth` levels per side. */
  constructor(book: OrderBook, depth: number) {
    this.#book = book;
    this.#depth = depth;
    Object.freeze(this);
  }

  /** Best bid. */
  get bid(): number {
    return this.#book.bids.bestPrice / PRICE_STEPS;
  }

  /** Best ask. */
  get ask(): number {
    return this.#book.asks.bestPrice / PRICE_STEPS;
  }

  /** Size at the best bid. */
  get bidSize(): number {
    return this.#book.bids.bestSize / SIZE_STEPS;
  }

  /** Size at the best ask. */
  get askSize(): number {
    return this.#book.asks.bestSize / SIZE_STEPS;
  }

  /** Best ask minus best bid, exact. */
  get spread(): number {
    const { bids, asks } = this.#book;
    return (asks.bestPrice - bids.bestPrice) / PRICE_STEPS;
  }

  /** Mean of best bid and best ask. */
  get mid(): number {
    const { bids, asks } = this.#book;
    return (asks.bestPrice + bids.bestPrice) / PRICE_STEPS / 2;
  }

  /** Total size of the first `depth` bids. */
  get bidVolume(): number {
    return sumOf(this.#book.bids.sizes, this.#depth) / SIZE_STEPS;
  }

  /** Total size of the first `depth` asks. */
  get askVolume(): number {
    return sumOf(this.#book.asks.sizes, this.#depth) / SIZE_STEPS;
  }

  /** Imbalance of the first `depth` levels, −1 (only asks) to 1 (only bids); NaN if empty. */
  get imbalance(): number {
    const bids = sumOf(this.#book.bids.sizes, this.#depth);
    const asks = sumOf(this.#book.asks.sizes, this.#depth);
    return (bids - asks) / (bids + asks);
  }

  /** Bid price at a level, 0 = best. */
  bidAt(level: number): number {
    return (this.#book.bids.prices[level] ?? NaN) / PRICE_STEPS;
  }

  /** Ask price at a level, 0 = best. */
  askAt(level: number): number {
    return (this.#book.asks.prices[level] ?? NaN) / PRICE_STEPS;
  }

  /** Size bid or offered at a price; 0 when there is none. */
  sizeAt(price: number): number {
    const steps = Math.round(price * PRICE_STEPS);
    const { bids, asks } = this.#book;
    return (bids.sizeAt(steps) + asks.sizeAt(steps)) / SIZE_STEPS;
  }
}

function sumOf(sizes: readonly number[], depth: number): number {
  const end = Math.min(depth, sizes.length);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += sizes[i] as number;
  return sum;
}

/** Declares a market's order book. Throws ConfigError `SIGNAL_INVALID` for a depth out of range. */
export function orderbook(
  options: OrderbookOptions = {},
): BuilderDefinition<OrderbookView, OrderbookBuilder> {
  const { depth = 10, of } = options;
  if (!Number.isInteger(depth) || depth < 1 || depth > DEPTH_MAX) {
    throw new ConfigError("SIGNAL_INVALID", `Orderbook depth must be 1 to 1000, not ${depth}`);
  }
  return define({
    kind: "orderbook",
    options: Object.freeze({ depth }),
    ...marketPart(of),
    types: Object.freeze(["orderbook"] as const),
    warmupUs: 0,
    isShared: true,
    create({ use }) {
      // Views of all depths share one book.
      const builder = use(LEVELS);
      return { builder, view: new OrderbookView(builder.book, depth) };
    },
  });
}

/** A market's book levels, shared by views of all depths and mid price histories. */
export const LEVELS: BuilderDefinition<null, OrderbookBuilder> = define({
  kind: "levels",
  options: Object.freeze({}),
  types: Object.freeze(["orderbook"] as const),
  warmupUs: 0,
  isShared: true,
  create: () => ({ builder: new OrderbookBuilder(), view: null }),
});

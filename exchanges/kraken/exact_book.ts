import { type BookSideName, type OrderBook, valueOfExact } from "@ssmd/market";
import type { Level } from "@ssmd/market";
import { checksumOfTexts, LEVELS_CHECKED } from "./checksum.ts";
import type { Precision } from "../tracked_book.ts";

/** One side of a book in exact steps, best first. */
class ExactSide {
  readonly prices: bigint[] = [];
  readonly sizes: bigint[] = [];
  #isBetter: (a: bigint, b: bigint) => boolean;

  constructor(side: BookSideName) {
    this.#isBetter = side === "bids" ? (a, b) => a > b : (a, b) => a < b;
  }

  /** Sets the size at `price`; 0 removes the level. */
  set(price: bigint, size: bigint): void {
    const { prices, sizes } = this;
    let at = 0;
    while (at < prices.length && this.#isBetter(prices[at] as bigint, price)) at++;
    const isKnown = prices[at] === price;
    if (size > 0n) {
      prices.splice(at, isKnown ? 1 : 0, price);
      sizes.splice(at, isKnown ? 1 : 0, size);
    } else if (isKnown) {
      prices.splice(at, 1);
      sizes.splice(at, 1);
    }
  }

  truncate(depth: number): void {
    if (this.prices.length > depth) this.prices.length = this.sizes.length = depth;
  }
}

/**
 * A book in steps of any size, for pairs with levels of more than 2^53 steps: 90 million units of a
 * coin with 8 decimals. Several times slower than {@linkcode OrderBook}, which all others use.
 */
export class ExactBook {
  readonly bids: ExactSide = new ExactSide("bids");
  readonly asks: ExactSide = new ExactSide("asks");

  /** Creates a book with the levels of `book`. */
  static of(book: OrderBook): ExactBook {
    const exact = new ExactBook();
    for (const name of ["bids", "asks"] as const) {
      const { prices, sizes } = book[name];
      exact[name].prices.push(...prices.map(BigInt));
      exact[name].sizes.push(...sizes.map(BigInt));
    }
    return exact;
  }

  /** Truncates each side to `depth` levels. */
  truncate(depth: number): void {
    this.bids.truncate(depth);
    this.asks.truncate(depth);
  }

  /** The venue's checksum of the book. */
  checksum(): number {
    const texts = (side: ExactSide) =>
      side.prices.slice(0, LEVELS_CHECKED).map((price, i) => `${price}${side.sizes[i]}`).join("");
    return checksumOfTexts(texts(this.asks) + texts(this.bids));
  }

  /** Levels of a side as values, best first. */
  levels(name: BookSideName, precision: Precision): Level[] {
    const { prices, sizes } = this[name];
    return prices.map((price, i) => ({
      price: valueOfExact(price, precision.price),
      size: valueOfExact(sizes[i] as bigint, precision.size),
    }));
  }
}

import {
  ALL_SYMBOLS,
  type BookSide,
  type Level,
  type MarketEvent,
  OrderBook,
  type OrderBookUpdate,
} from "@ssmd/market";
import type { CrossedBookCheck } from "@ssmd/metadata";
import { Checker } from "./checker.ts";

/** A book rebuilt from records. */
interface RebuiltBook {
  book: OrderBook;
  /** Whether a snapshot came and no gap followed. */
  valid: boolean;
  /** First record of the current crossed period; undefined when not crossed. */
  crossed: OrderBookUpdate | undefined;
  /** Whether this crossed period was reported. */
  reported: boolean;
}

/** Checks that no book's best bid is at or above its best ask for longer than allowed. */
export class CrossedBook extends Checker {
  #longestUs: number;
  #books = new Map<string, RebuiltBook>();

  /** Creates the check. */
  constructor({ longest = 0 }: CrossedBookCheck) {
    super();
    this.#longestUs = longest * 1000;
  }

  override see(event: MarketEvent): void {
    if (event.type !== "orderbook") return;
    const rebuilt = this.#bookOf(event.symbol);
    if (event.kind === "snapshot") {
      rebuilt.book.clear();
      rebuilt.valid = true;
    } else if (!rebuilt.valid) return;
    this.#tellIfLong(rebuilt, event.receivedAtUs);
    const { book } = rebuilt;
    setAll(book.bids, event.bids);
    setAll(book.asks, event.asks);
    if (event.depth > 0) book.truncate(event.depth);
    if (!book.crossed) {
      rebuilt.crossed = undefined;
      rebuilt.reported = false;
      return;
    }
    rebuilt.crossed ??= event;
    if (this.#longestUs === 0) this.#tell(rebuilt);
  }

  /**
   * Books are unknown after a gap until the next snapshot; clock gaps and gaps of other channels do
   * not affect them.
   */
  override gap(event: MarketEvent): void {
    if (event.type !== "gap" || event.reason === "clock") return;
    const { symbol, channel } = event;
    if (channel !== "all" && channel !== "orderbook") return;
    if (symbol !== ALL_SYMBOLS) this.#forget(this.#books.get(symbol));
    else for (const rebuilt of this.#books.values()) this.#forget(rebuilt);
  }

  override end(_firstUs: number, lastUs: number): void {
    for (const rebuilt of this.#books.values()) this.#tellIfLong(rebuilt, lastUs);
  }

  #forget(rebuilt: RebuiltBook | undefined): void {
    if (rebuilt === undefined) return;
    rebuilt.valid = rebuilt.reported = false;
    rebuilt.crossed = undefined;
  }

  #tellIfLong(rebuilt: RebuiltBook, atUs: number): void {
    const { crossed } = rebuilt;
    if (crossed === undefined || atUs - crossed.receivedAtUs <= this.#longestUs) return;
    this.#tell(rebuilt);
  }

  #tell(rebuilt: RebuiltBook): void {
    const { crossed, reported, book } = rebuilt;
    if (crossed === undefined || reported) return;
    rebuilt.reported = true;
    this.offenders.add(crossed, () => {
      const [bid] = book.bids.prices;
      const [ask] = book.asks.prices;
      return `the best bid, ${bid}, is not below the best ask, ${ask}`;
    });
  }

  #bookOf(symbol: string): RebuiltBook {
    let rebuilt = this.#books.get(symbol);
    if (rebuilt === undefined) {
      rebuilt = { book: new OrderBook(), valid: false, crossed: undefined, reported: false };
      this.#books.set(symbol, rebuilt);
    }
    return rebuilt;
  }
}

/** Levels keep raw prices: they are only compared, and equal decimals are equal doubles. */
function setAll(side: BookSide, levels: readonly Level[]): void {
  for (let i = 0; i < levels.length; i++) {
    const { price, size } = levels[i] as Level;
    side.set(price, size);
  }
}

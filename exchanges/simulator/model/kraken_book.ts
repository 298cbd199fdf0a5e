import { crc32 } from "node:zlib";
import type { BookSide, BookSideName, OrderBook } from "@ssmd/market";
import { decimalText } from "../decimal_text.ts";
import type { LevelObserver } from "./market.ts";

const CHECKSUM_LEVELS = 10;

function checksumText(side: BookSide): string {
  const count = Math.min(CHECKSUM_LEVELS, side.length);
  let text = "";
  // A decimal text without its point and leading zeros is the number of steps.
  for (let i = 0; i < count; i++) text += `${side.prices[i]}${side.sizes[i]}`;
  return text;
}

/** The venue's CRC-32 over the best ten asks (low to high), then bids (high to low). */
export function bookChecksum(book: OrderBook): number {
  return crc32(checksumText(book.asks) + checksumText(book.bids));
}

/** Decimals of a market. */
export interface Precision {
  priceDecimals: number;
  sizeDecimals: number;
}

/** One level as the venue writes it. */
export function levelText(price: number, size: number, precision: Precision): string {
  return `{"price":${decimalText(price, precision.priceDecimals)},"qty":${
    decimalText(size, precision.sizeDecimals)
  }}`;
}

function sideText(side: BookSide, depth: number, precision: Precision): string {
  const levels: string[] = [];
  const count = Math.min(depth, side.length);
  for (let i = 0; i < count; i++) {
    levels.push(levelText(side.prices[i] as number, side.sizes[i] as number, precision));
  }
  return levels.join(",");
}

/** The snapshot of a book's best `depth` levels. */
export function bookSnapshotFrame(
  symbol: string,
  book: OrderBook,
  depth: number,
  precision: Precision,
  timestamp: string,
): string {
  return `{"channel":"book","type":"snapshot","data":[{"symbol":${JSON.stringify(symbol)},` +
    `"bids":[${sideText(book.bids, depth, precision)}],` +
    `"asks":[${sideText(book.asks, depth, precision)}],` +
    `"checksum":${bookChecksum(book)},"timestamp":"${timestamp}"}]}`;
}

/**
 * A book as subscribers of one depth see it. Levels that fall out below are not told; when a level
 * within is removed, the one that moves up from below comes with the same message. A client that
 * applies a message and truncates, after each level or at its end, has the same levels.
 */
export class DepthView implements LevelObserver {
  readonly depth: number;
  /** How many subscribe it. */
  subscribers = 0;
  #book: OrderBook;
  #touched: Record<BookSideName, Set<number>> = { bids: new Set(), asks: new Set() };

  /** A view of the best `depth` levels of `book`. */
  constructor(book: OrderBook, depth: number) {
    this.#book = book;
    this.depth = depth;
  }

  #touch(name: BookSideName, price: number | undefined): void {
    if (price === undefined) return;
    const touched = this.#touched[name];
    // The last touch decides the place: a level that fell out and came back must follow what
    // pushed it, or a client that truncates after each level would miss it.
    touched.delete(price);
    touched.add(price);
  }

  changed(name: BookSideName, price: number, index: number, before: number, after: number): void {
    if (index >= this.depth) return;
    const prices = this.#book[name].prices;
    if (before === 0) this.#touch(name, prices[this.depth]);
    this.#touch(name, price);
    if (after === 0) this.#touch(name, prices[this.depth - 1]);
  }

  #levels(name: BookSideName, precision: Precision): string {
    const touched = this.#touched[name];
    if (touched.size === 0) return "";
    const side = this.#book[name];
    let text = "";
    for (const price of touched) {
      const index = side.indexOf(price);
      if (index >= this.depth) continue;
      const size = index < 0 ? 0 : side.sizes[index] as number;
      text += (text === "" ? "" : ",") + levelText(price, size, precision);
    }
    touched.clear();
    return text;
  }

  /** The update since the last call, or undefined when nothing within the depth changed. */
  take(symbolText: string, precision: Precision, timestamp: string): string | undefined {
    const bids = this.#levels("bids", precision);
    const asks = this.#levels("asks", precision);
    if (bids === "" && asks === "") return undefined;
    return `{"channel":"book","type":"update","data":[{"symbol":${symbolText},"bids":[${bids}],` +
      `"asks":[${asks}],"checksum":${bookChecksum(this.#book)},"timestamp":"${timestamp}"}]}`;
  }
}

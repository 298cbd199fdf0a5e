import { crc32 } from "node:zlib";
import { type BookSideName, type OrderBook, textOfSteps } from "@ssmd/market";
import type { LevelObserver } from "../model/market.ts";

const CHECKSUM_LEVELS = 10;

/** One side of a book in steps, best first; bigint allows any size. */
interface SideLevels {
  readonly prices: readonly (number | bigint)[];
  readonly sizes: readonly (number | bigint)[];
}

/** A book in steps. */
type BookLevels = Record<BookSideName, SideLevels>;

function checksumText(side: SideLevels): string {
  const count = Math.min(CHECKSUM_LEVELS, side.prices.length);
  let text = "";
  // A decimal text without its point and leading zeros is the number of steps.
  for (let i = 0; i < count; i++) text += `${side.prices[i]}${side.sizes[i]}`;
  return text;
}

/** CRC-32 as the venue defines it: the best ten asks (low to high), then bids (high to low). */
export function bookChecksum(book: BookLevels): number {
  return crc32(checksumText(book.asks) + checksumText(book.bids));
}

/** Decimals of a market. */
export interface Precision {
  priceDecimals: number;
  sizeDecimals: number;
}

/** One level in the venue's format. */
function levelText(
  price: number | bigint,
  size: number | bigint,
  precision: Precision,
): string {
  return `{"price":${textOfSteps(price, precision.priceDecimals)},"qty":${
    textOfSteps(size, precision.sizeDecimals)
  }}`;
}

function sideText(side: SideLevels, depth: number, precision: Precision): string {
  const levels: string[] = [];
  const count = Math.min(depth, side.prices.length);
  for (let i = 0; i < count; i++) {
    levels.push(levelText(side.prices[i] ?? 0, side.sizes[i] ?? 0, precision));
  }
  return levels.join(",");
}

/** Snapshot frame of a book's best `depth` levels. */
export function bookSnapshotFrame(
  symbol: string,
  book: BookLevels,
  { depth, precision, timestamp }: { depth: number; precision: Precision; timestamp: string },
): string {
  return `{"channel":"book","type":"snapshot","data":[{"symbol":${JSON.stringify(symbol)},` +
    `"bids":[${sideText(book.bids, depth, precision)}],` +
    `"asks":[${sideText(book.asks, depth, precision)}],` +
    `"checksum":${bookChecksum(book)},"timestamp":"${timestamp}"}]}`;
}

/** Changes of one side within one message. */
class SideLog {
  readonly prices: number[] = [];
  readonly sizes: number[] = [];
  /** Levels pushed beyond the depth: a client that truncates after a message still has them. */
  readonly pushed: Set<number> = new Set();

  add(price: number, size: number): void {
    this.prices.push(price);
    this.sizes.push(size);
  }

  clear(): void {
    this.prices.length = this.sizes.length = 0;
    this.pushed.clear();
  }
}

/**
 * A book at one subscribed depth. Levels pushed beyond it are not sent; when a level within it is
 * removed, the one that moves up is sent in the same message. Changes are in chronological order,
 * so a price may repeat. A client that applies a message and truncates, after each level or at its
 * end, has the same levels.
 */
export class DepthView implements LevelObserver {
  readonly depth: number;
  /** Number of subscribers. */
  subscribers = 0;
  #book: OrderBook;
  #logs: Record<BookSideName, SideLog> = { bids: new SideLog(), asks: new SideLog() };

  /** Creates a view of the best `depth` levels of `book`. */
  constructor(book: OrderBook, depth: number) {
    this.#book = book;
    this.depth = depth;
  }

  changed(
    name: BookSideName,
    price: number,
    { index, before, after }: { index: number; before: number; after: number },
  ): void {
    const log = this.#logs[name];
    const { prices, sizes } = this.#book[name];
    const { depth } = this;
    if (index >= depth) {
      if (after === 0 && log.pushed.has(price)) log.add(price, 0);
      return;
    }
    log.add(price, after);
    if (before === 0 && prices.length > depth) log.pushed.add(prices[depth] as number);
    if (after === 0 && prices.length >= depth) {
      log.add(prices[depth - 1] as number, sizes[depth - 1] as number);
    }
  }

  #levels(log: SideLog, precision: Precision): string {
    let text = "";
    for (let i = 0; i < log.prices.length; i++) {
      if (i > 0) text += ",";
      text += levelText(log.prices[i] as number, log.sizes[i] as number, precision);
    }
    log.clear();
    return text;
  }

  /** Update since the last call; undefined when nothing changed within the depth. */
  take(symbolText: string, precision: Precision, timestamp: string): string | undefined {
    const bids = this.#levels(this.#logs.bids, precision);
    const asks = this.#levels(this.#logs.asks, precision);
    if (bids === "" && asks === "") return undefined;
    return `{"channel":"book","type":"update","data":[{"symbol":${symbolText},"bids":[${bids}],` +
      `"asks":[${asks}],"checksum":${bookChecksum(this.#book)},"timestamp":"${timestamp}"}]}`;
  }
}

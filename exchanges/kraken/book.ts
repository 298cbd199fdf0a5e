import {
  type BookSide,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  powerOfTen,
  valueOf,
} from "@ssmd/market";
import { type KrakenBookData, type KrakenLevel, objectOf } from "./messages.ts";
import type { Precision } from "./precision.ts";
import { DEFAULT_DEPTH, DEPTHS } from "./subscribe.ts";

/** More digits than a double carries exactly. */
const DECIMALS_MAX = 15;

/** How levels went into a book; after all but `applied` the book is no longer right. */
export type Applied = "applied" | "unreadable" | "precision";

/** A book as plain JSON. */
export interface KrakenBookState {
  external: string;
  depth: number;
  price: number;
  size: number;
  sound: boolean;
  lostUs: number;
  goodUs: number;
  gap: Gap | null;
  asked: boolean;
  bids: [number, number][];
  asks: [number, number][];
}

/** The book of one pair in integer steps, and whether it can be trusted. */
export class KrakenBook {
  readonly external: string;
  /** Our name. */
  readonly symbol: string;
  /** Levels a side of the subscription; what lies deeper is cut off after every update. */
  depth: number;
  readonly book: OrderBook = new OrderBook();
  /** Whether a snapshot came and everything after it was right. */
  sound = false;
  /** When it was lost or first waited for, µs; meaningful while it is not sound. */
  lostUs = 0;
  /** When it was last known to be right, µs. */
  goodUs = 0;
  /** The gap that the next good snapshot closes. */
  gap: Gap | null = null;
  /** Whether a snapshot was asked for that did not come yet. */
  asked = false;
  #precision: Precision = { price: 0, size: 0 };
  #priceScale = 1;
  #sizeScale = 1;

  /** An empty book that waits for its snapshot. */
  constructor(external: string, symbol: string, depth: number = DEFAULT_DEPTH) {
    this.external = external;
    this.symbol = symbol;
    this.depth = depth;
  }

  /** Drops the levels and starts over with digits after the point; false when they are too many. */
  reset(precision: Precision): boolean {
    this.book.clear();
    if (precision.price > DECIMALS_MAX || precision.size > DECIMALS_MAX) return false;
    this.#precision = precision;
    this.#priceScale = powerOfTen(precision.price);
    this.#sizeScale = powerOfTen(precision.size);
    return true;
  }

  /** The book is not to be trusted from `lostUs` on. */
  drop(lostUs: number): void {
    if (this.sound || this.lostUs === 0) this.lostUs = lostUs;
    this.sound = false;
    this.book.clear();
  }

  /** Takes in the levels of both sides in the venue's order and adds them to the lists. */
  apply(data: KrakenBookData, bids: Level[], asks: Level[]): Applied {
    const applied = this.#applySide(this.book.bids, data.bids, bids);
    if (applied !== "applied") return applied;
    return this.#applySide(this.book.asks, data.asks, asks);
  }

  #applySide(side: BookSide, levels: unknown, into: Level[]): Applied {
    if (!Array.isArray(levels)) return "unreadable";
    const priceScale = this.#priceScale;
    const sizeScale = this.#sizeScale;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] as KrakenLevel | null | undefined;
      const price = level?.price;
      const size = level?.qty;
      if (typeof price !== "number" || typeof size !== "number") return "unreadable";
      const priceSteps = Math.round(price * priceScale);
      const sizeSteps = Math.round(size * sizeScale);
      if (!(price > 0 && size >= 0)) return "unreadable";
      if (priceSteps > Number.MAX_SAFE_INTEGER || sizeSteps > Number.MAX_SAFE_INTEGER) {
        return "unreadable";
      }
      // The division is correctly rounded: it gives the same double only if no digit was cut off.
      if (priceSteps / priceScale !== price || sizeSteps / sizeScale !== size) return "precision";
      side.set(priceSteps, sizeSteps);
      into.push({ price, size });
    }
    return "applied";
  }

  /** Raises the depth to what the snapshot evidently has, where no acknowledgement told it. */
  coverDepth(data: KrakenBookData): void {
    const levels = Math.max(lengthOf(data.bids), lengthOf(data.asks));
    if (levels > this.depth) this.depth = DEPTHS.find((depth) => depth >= levels) ?? levels;
  }

  /** The levels of a side as values, best first. */
  levels(name: "bids" | "asks"): Level[] {
    const side = this.book[name];
    return side.prices.map((price, i) => ({
      price: valueOf(price, this.#precision.price),
      size: valueOf(side.sizes[i] as number, this.#precision.size),
    }));
  }

  /** The whole book as a record. */
  snapshot(feed: string, timestampUs: number, receivedAtUs: number): OrderBookUpdate {
    return {
      type: "orderbook",
      timestampUs,
      receivedAtUs,
      symbol: this.symbol,
      feed,
      sequence: 0,
      kind: "snapshot",
      bids: this.levels("bids"),
      asks: this.levels("asks"),
      depth: this.depth,
      checksum: "verified",
    };
  }

  /** Plain JSON of the book. */
  state(): KrakenBookState {
    const { external, depth, sound, lostUs, goodUs, gap, asked } = this;
    const { bids, asks } = this.book;
    return {
      external,
      depth,
      ...this.#precision,
      sound,
      lostUs,
      goodUs,
      gap,
      asked,
      bids: bids.prices.map((price, i) => [price, bids.sizes[i] as number]),
      asks: asks.prices.map((price, i) => [price, asks.sizes[i] as number]),
    };
  }

  /** A book from its plain JSON. */
  static restore(state: KrakenBookState, symbol: string): KrakenBook {
    const book = new KrakenBook(state.external, symbol, state.depth);
    book.reset({ price: state.price, size: state.size });
    book.sound = state.sound;
    book.lostUs = state.lostUs;
    book.goodUs = state.goodUs;
    book.gap = state.gap;
    book.asked = state.asked;
    for (const [price, size] of state.bids) book.book.bids.set(price, size);
    for (const [price, size] of state.asks) book.book.asks.set(price, size);
    return book;
  }
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** An element of the book channel with the fields that every one has; undefined when it is none. */
export function bookDataOf(
  value: unknown,
): (KrakenBookData & { symbol: string; checksum: number }) | undefined {
  const data = objectOf<KrakenBookData>(value);
  return typeof data?.symbol === "string" && typeof data.checksum === "number"
    ? data as KrakenBookData & { symbol: string; checksum: number }
    : undefined;
}

import {
  type BookSide,
  exactStepsOfText,
  type Gap,
  type Level,
  OrderBook,
  type OrderBookUpdate,
  powerOfTen,
  textOfSteps,
  valueOf,
} from "@ssmd/market";
import { countOf, figureOf } from "../json_fields.ts";
import { exactState, type KrakenBookState, levelsState, restoreExact } from "./book_state.ts";
import { checksumOf } from "./checksum.ts";
import { ExactBook } from "./exact_book.ts";
import { isoOfUs } from "@ssmd/runtime";
import { type KrakenBookData, type KrakenLevel, objectOf } from "./messages.ts";
import type { Precision } from "./precision.ts";
import { DEFAULT_DEPTH, DEPTHS } from "./subscribe.ts";

/** More digits after the point than a double carries exactly: such a book is in exact steps. */
const DOUBLE_DECIMALS_MAX = 15;
/** More than the venue's precisions are allowed to have: no price of money is that fine. */
const DECIMALS_MAX = 22;

/** How levels went into a book; after all but `applied` the book is no longer right. */
export type Applied = "applied" | "unreadable" | "precision";
/** `large`: there are levels of more than 2^53 steps. */
type NumbersApplied = Applied | "large";

/** An element of the book channel of which the fields that every one has were checked. */
export type CheckedBookData = KrakenBookData & { symbol: string; checksum: number };

/** The book of one pair in integer steps, and whether it can be trusted. */
export class KrakenBook {
  readonly external: string;
  /** Our name. */
  readonly symbol: string;
  /** Levels a side of the subscription; what lies deeper is cut off after every update. */
  depth: number;
  readonly #book: OrderBook = new OrderBook();
  /** Whether a snapshot came and everything after it was right. */
  sound = false;
  /** When it was lost or first waited for, µs; meaningful while it is not sound. */
  lostUs = 0;
  /** When it was last known to be right, µs. */
  goodUs = 0;
  /** The gap that the next good snapshot closes. */
  gap: Gap | null = null;
  /** In place of `#book` where levels have more than 2^53 steps. */
  #exact: ExactBook | null = null;
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
    this.#clear();
    const decimals = Math.max(precision.price, precision.size);
    if (decimals > DECIMALS_MAX) return false;
    this.#precision = precision;
    if (decimals > DOUBLE_DECIMALS_MAX) this.#exact = new ExactBook();
    this.#priceScale = powerOfTen(precision.price);
    this.#sizeScale = powerOfTen(precision.size);
    return true;
  }

  /** The book is not to be trusted from `lostUs` on. */
  drop(lostUs: number): void {
    if (this.sound || this.lostUs === 0) this.lostUs = lostUs;
    this.sound = false;
    this.#clear();
  }

  #clear(): void {
    this.#book.clear();
    this.#exact = null;
  }

  /** Cuts off what lies deeper than the depth, and gives the venue's checksum of what is left. */
  truncatedChecksum(): number {
    if (this.#exact === null) {
      this.#book.truncate(this.depth);
      return checksumOf(this.#book);
    }
    this.#exact.truncate(this.depth);
    return this.#exact.checksum();
  }

  /**
   * Takes in the levels of both sides in the venue's order and adds them to the lists. `texts` gives
   * the same element with the texts of its numbers: it is asked where doubles do not hold them.
   */
  apply(
    data: KrakenBookData,
    texts: () => KrakenBookData | undefined,
    bids: Level[],
    asks: Level[],
  ): Applied {
    if (this.#exact === null) {
      const applied = this.#applyNumbers(data, bids, asks);
      if (applied !== "large") return applied;
      // What went in already goes in again: a level's last size counts, however often it came.
      bids.length = asks.length = 0;
      this.#exact = ExactBook.of(this.#book);
      this.#book.clear();
    }
    const exact = texts();
    if (exact === undefined) return "unreadable";
    const applied = this.#applyExact(this.#exact.bids, exact.bids, bids);
    return applied !== "applied" ? applied : this.#applyExact(this.#exact.asks, exact.asks, asks);
  }

  #applyNumbers(data: KrakenBookData, bids: Level[], asks: Level[]): NumbersApplied {
    const applied = this.#applySide(this.#book.bids, data.bids, bids);
    return applied !== "applied" ? applied : this.#applySide(this.#book.asks, data.asks, asks);
  }

  #applySide(side: BookSide, levels: unknown, into: Level[]): NumbersApplied {
    if (levels === undefined || levels === null) return "applied";
    if (!Array.isArray(levels)) return "unreadable";
    const priceScale = this.#priceScale;
    const sizeScale = this.#sizeScale;
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] as KrakenLevel | null | undefined;
      const price = figureOf(level?.price);
      const size = figureOf(level?.qty);
      if (price === undefined || size === undefined) return "unreadable";
      if (!isLevel(price, size)) return "unreadable";
      const priceSteps = Math.round(price * priceScale);
      const sizeSteps = Math.round(size * sizeScale);
      if (priceSteps > Number.MAX_SAFE_INTEGER || sizeSteps > Number.MAX_SAFE_INTEGER) {
        return "large";
      }
      // The division is correctly rounded: it gives the same double only if no digit was cut off.
      if (priceSteps / priceScale !== price || sizeSteps / sizeScale !== size) return "precision";
      side.set(priceSteps, sizeSteps);
      into.push({ price, size });
    }
    return "applied";
  }

  #applyExact(side: ExactBook["bids"], levels: unknown, into: Level[]): Applied {
    if (levels === undefined || levels === null) return "applied";
    if (!Array.isArray(levels)) return "unreadable";
    for (const level of levels as (KrakenLevel | null | undefined)[]) {
      const price = figureOf(level?.price);
      const size = figureOf(level?.qty);
      if (price === undefined || size === undefined) return "unreadable";
      if (!isLevel(price, size)) return "unreadable";
      const priceSteps = exactStepsOfText(String(level?.price), this.#precision.price);
      const sizeSteps = exactStepsOfText(String(level?.qty), this.#precision.size);
      if (priceSteps === undefined || sizeSteps === undefined) return "precision";
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
    if (this.#exact !== null) return this.#exact.levels(name, this.#precision);
    const side = this.#book[name];
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

  /** The whole book as the venue's own frame, as of when it was last known to be right. */
  snapshotFrame(): string {
    const book = this.#exact ?? this.#book;
    const { price: priceDecimals, size: sizeDecimals } = this.#precision;
    const side = (name: "bids" | "asks") => {
      const { prices, sizes } = book[name];
      return prices.map((price, i) => {
        const qty = textOfSteps(sizes[i] ?? 0, sizeDecimals);
        return `{"price":${textOfSteps(price, priceDecimals)},"qty":${qty}}`;
      }).join(",");
    };
    return `{"channel":"book","type":"snapshot","data":[{` +
      `"symbol":${JSON.stringify(this.external)},"bids":[${side("bids")}],` +
      `"asks":[${side("asks")}],"checksum":${this.truncatedChecksum()},` +
      `"timestamp":"${isoOfUs(this.goodUs)}"}]}`;
  }

  /** Plain JSON of the book. */
  state(): KrakenBookState {
    const { external, depth, sound, lostUs, goodUs, gap } = this;
    return {
      external,
      depth,
      ...this.#precision,
      sound,
      lostUs,
      goodUs,
      gap,
      bids: levelsState(this.#book.bids),
      asks: levelsState(this.#book.asks),
      ...(this.#exact === null ? {} : { exact: exactState(this.#exact) }),
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
    for (const [price, size] of state.bids) book.#book.bids.set(price, size);
    for (const [price, size] of state.asks) book.#book.asks.set(price, size);
    if (state.exact !== undefined) book.#exact = restoreExact(state.exact);
    return book;
  }
}

/** Whether a level can be: a price above 0 and a size, both finite. */
function isLevel(price: number, size: number): boolean {
  return price > 0 && price < Infinity && size >= 0 && size < Infinity;
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** An element of the book channel with the fields that every one has; undefined when it is none. */
export function bookDataOf(value: unknown): CheckedBookData | undefined {
  const data = objectOf<KrakenBookData>(value);
  if (typeof data?.symbol !== "string") return undefined;
  if (typeof data.checksum === "number") return data as CheckedBookData;
  const checksum = countOf(data.checksum);
  return checksum === undefined ? undefined : { ...data, symbol: data.symbol, checksum };
}

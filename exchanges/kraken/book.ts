import {
  type BookSideName,
  exactStepsOfText,
  type Level,
  powerOfTen,
  textOfSteps,
} from "@ssmd/market";
import { countOf, figureOf } from "../json_fields.ts";
import { type Precision, TrackedBook } from "../tracked_book.ts";
import { exactState, type KrakenBookState, restoreExact } from "./book_state.ts";
import { BookChecksum, LEVELS_CHECKED } from "./checksum.ts";
import { ExactBook } from "./exact_book.ts";
import { isoOfUs } from "@ssmd/runtime";
import { type KrakenBookData, type KrakenLevel, objectOf } from "./messages.ts";
import { BOOK, LEVEL } from "./scanner.ts";
import { DEFAULT_DEPTH, DEPTHS } from "./subscribe.ts";

/** Most decimals that a double carries exactly; with more the book uses exact steps. */
const DOUBLE_DECIMALS_MAX = 15;
/** Up to this, rounding a double gives the steps of its digits; larger levels are parsed as JSON. */
const SCANNED_STEPS_MAX = 2 ** 50;
/** Sanity limit for the venue's precisions: no currency has finer prices. */
const DECIMALS_MAX = 22;

/** Result of applying levels; after all but `applied` the book is invalid. */
type Applied = "applied" | "unreadable" | "precision";
/** `large`: some levels have more than 2^53 steps. */
type NumbersApplied = Applied | "large";

/** An element of the book channel whose required fields were checked. */
export type CheckedBookData = KrakenBookData & { symbol: string; checksum: number };

/** Order book of one pair, verified by the venue's checksum. */
export class KrakenBook extends TrackedBook {
  /** Replaces the book of doubles when levels have more than 2^53 steps. */
  #exact: ExactBook | null = null;
  #sums = new BookChecksum();
  #priceScale = 1;
  #sizeScale = 1;

  /** Creates an empty book that awaits its snapshot since `lostUs`. */
  constructor(
    { depth = DEFAULT_DEPTH, ...rest }: Pick<TrackedBook, "external" | "symbol" | "lostUs"> & {
      depth?: number | undefined;
    },
  ) {
    super({ ...rest, precision: { price: 0, size: 0 } });
    // Deeper levels are truncated after every update.
    this.depth = depth;
    this.checksum = "verified";
  }

  /** Clears the levels and sets the precision; false when it has too many digits. */
  reset(precision: Precision): boolean {
    this.clear();
    const decimals = Math.max(precision.price, precision.size);
    if (decimals > DECIMALS_MAX) return false;
    this.precision = precision;
    if (decimals > DOUBLE_DECIMALS_MAX) this.#exact = new ExactBook();
    this.#priceScale = powerOfTen(precision.price);
    this.#sizeScale = powerOfTen(precision.size);
    return true;
  }

  protected override clear(): void {
    super.clear();
    this.#exact = null;
    this.#sums = new BookChecksum();
  }

  /** Truncates the book to its depth, and returns the venue's checksum of it. */
  truncatedChecksum(): number {
    if (this.#exact === null) {
      this.book.truncate(this.depth);
      return this.#sums.of(this.book);
    }
    this.#exact.truncate(this.depth);
    return this.#exact.checksum();
  }

  /**
   * Applies the levels of both sides in the venue's order and appends them to the lists. `texts`
   * returns the same element with its numbers as texts; called only if doubles cannot hold them.
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
      // Levels applied already are applied again: the last size of a level wins.
      bids.length = asks.length = 0;
      this.#exact = ExactBook.of(this.book);
      this.book.clear();
    }
    const exact = texts();
    if (exact === undefined) return "unreadable";
    const applied = this.#applyExact(this.#exact.bids, exact.bids, bids);
    return applied !== "applied" ? applied : this.#applyExact(this.#exact.asks, exact.asks, asks);
  }

  /**
   * Applies the levels of an update from a scanner's tape, and returns them as values; undefined,
   * with no state changed, = this book's doubles cannot hold them.
   */
  applyScanned(tape: Float64Array, offset: number): { bids: Level[]; asks: Level[] } | undefined {
    const first = offset + BOOK.levels;
    const middle = first + (tape[offset + BOOK.bids] as number) * LEVEL.next;
    const end = middle + (tape[offset + BOOK.asks] as number) * LEVEL.next;
    if (this.#exact !== null || !this.#fits(tape, first, end)) return undefined;
    const bids = this.#setScanned("bids", tape, first, middle);
    return { bids, asks: this.#setScanned("asks", tape, middle, end) };
  }

  #fits(tape: Float64Array, first: number, end: number): boolean {
    const { price, size } = this.precision;
    for (let at = first; at < end; at += LEVEL.next) {
      const priceMore = price - (tape[at + LEVEL.priceDecimals] as number);
      const sizeMore = size - (tape[at + LEVEL.sizeDecimals] as number);
      if (priceMore < 0 || sizeMore < 0 || tape[at + LEVEL.price] === 0) return false;
      const priceSteps = (tape[at + LEVEL.price] as number) * powerOfTen(priceMore);
      const sizeSteps = (tape[at + LEVEL.size] as number) * powerOfTen(sizeMore);
      if (!(priceSteps <= SCANNED_STEPS_MAX && sizeSteps <= SCANNED_STEPS_MAX)) return false;
      tape[at + LEVEL.price] = priceSteps;
      tape[at + LEVEL.size] = sizeSteps;
    }
    return true;
  }

  #setScanned(name: BookSideName, tape: Float64Array, first: number, end: number): Level[] {
    if (first === end) return [];
    // Preallocated: a growing array would reserve room for 17.
    const levels = new Array<Level>((end - first) / LEVEL.next);
    for (let at = first, i = 0; at < end; at += LEVEL.next, i++) {
      const price = tape[at + LEVEL.price] as number;
      const size = tape[at + LEVEL.size] as number;
      this.#set(name, price, size);
      levels[i] = { price: price / this.#priceScale, size: size / this.#sizeScale };
    }
    return levels;
  }

  #applyNumbers(data: KrakenBookData, bids: Level[], asks: Level[]): NumbersApplied {
    const applied = this.#applySide("bids", data.bids, bids);
    return applied !== "applied" ? applied : this.#applySide("asks", data.asks, asks);
  }

  #applySide(name: BookSideName, levels: unknown, into: Level[]): NumbersApplied {
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
      this.#set(name, priceSteps, sizeSteps);
      into.push({ price, size });
    }
    return "applied";
  }

  #set(name: BookSideName, price: number, size: number): void {
    const index = this.book[name].set(price, size);
    if (index < LEVELS_CHECKED || this.depth < LEVELS_CHECKED) this.#sums.changed(name);
  }

  #applyExact(side: ExactBook["bids"], levels: unknown, into: Level[]): Applied {
    if (levels === undefined || levels === null) return "applied";
    if (!Array.isArray(levels)) return "unreadable";
    for (const level of levels as (KrakenLevel | null | undefined)[]) {
      const price = figureOf(level?.price);
      const size = figureOf(level?.qty);
      if (price === undefined || size === undefined) return "unreadable";
      if (!isLevel(price, size)) return "unreadable";
      const priceSteps = exactStepsOfText(String(level?.price), this.precision.price);
      const sizeSteps = exactStepsOfText(String(level?.qty), this.precision.size);
      if (priceSteps === undefined || sizeSteps === undefined) return "precision";
      side.set(priceSteps, sizeSteps);
      into.push({ price, size });
    }
    return "applied";
  }

  /** Raises the depth to the snapshot's, if no acknowledgement stated it. */
  coverDepth(data: KrakenBookData): void {
    const levels = Math.max(lengthOf(data.bids), lengthOf(data.asks));
    if (levels > this.depth) this.depth = DEPTHS.find((depth) => depth >= levels) ?? levels;
  }

  override levels(name: BookSideName): Level[] {
    return this.#exact?.levels(name, this.precision) ?? super.levels(name);
  }

  /** The whole book as a snapshot frame of the venue, at the time it was last known to be right. */
  snapshotFrame(): string {
    const book = this.#exact ?? this.book;
    const { price: priceDecimals, size: sizeDecimals } = this.precision;
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
      `"timestamp":"${isoOfUs(this.lastGoodAtUs)}"}]}`;
  }

  state(): KrakenBookState {
    return {
      ...{ external: this.external, depth: this.depth, ...this.precision },
      ...this.trackedState(),
      ...(this.#exact === null ? {} : { exact: exactState(this.#exact) }),
    };
  }

  /** Restores a book from its plain JSON. */
  static restore(state: KrakenBookState, symbol: string): KrakenBook {
    const { external, depth, lostUs } = state;
    const book = new KrakenBook({ external, symbol, depth, lostUs });
    book.reset({ price: state.price, size: state.size });
    book.restoreTracked(state);
    if (state.exact !== undefined) book.#exact = restoreExact(state.exact);
    return book;
  }
}

/** Whether a level is possible: a price above 0 and a size, both finite. */
function isLevel(price: number, size: number): boolean {
  return price > 0 && price < Infinity && size >= 0 && size < Infinity;
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** Element of the book channel with its required fields; undefined when invalid. */
export function bookDataOf(value: unknown): CheckedBookData | undefined {
  const data = objectOf<KrakenBookData>(value);
  if (typeof data?.symbol !== "string") return undefined;
  if (typeof data.checksum === "number") return data as CheckedBookData;
  const checksum = countOf(data.checksum);
  return checksum === undefined ? undefined : { ...data, symbol: data.symbol, checksum };
}

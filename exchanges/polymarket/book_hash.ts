/**
 * Verifies the `hash` of Polymarket's books and changes: SHA-1 of the whole book as compact JSON
 * with an empty `hash`. Two hashed fields are never sent (`min_order_size`, `neg_risk`), two only
 * with a subscription's first book (`tick_size`, `last_trade_price`), and a trade's price is hashed
 * before the trade is sent. So the first two are found by trying common values, a price by trying
 * all, for ten books a second: an equal hash proves every level, an unequal one nothing on its own.
 * Source: https://github.com/Polymarket/py-clob-client-v2 (`generate_orderbook_summary_hash`)
 * @module
 */
import { createHash, type Hash } from "node:crypto";

/** Smallest order sizes seen on markets. */
const MIN_ORDER_SIZES = ["5", "15", "1", "10"];
/** Number of prices to try: tenths of a cent. */
const PRICES = 1000;
/** Minimum interval between searches over all prices on a connection: one takes milliseconds. */
const SEARCH_EVERY_US = 100_000;
/** Interval of checks; the next constant applies after an unequal hash. */
const CHECK_EVERY_US = 5_000_000;
const RECHECK_AFTER_US = 500_000;
/** A hash may be one change ahead of the book; this many unequal ones in a row are a failure. */
const UNEQUAL_MAX = 20;

/** A book with the venue's hash. */
export interface HashedBook {
  /** Hashed JSON from its start to the end of `asks`. */
  head: string;
  hash: unknown;
  /** Sent with a subscription's first book only. */
  tickSize?: unknown;
  lastPrice?: unknown;
}

/** Hashed fields besides the levels. */
interface HashTerms {
  minOrderSize: string;
  negRisk: boolean;
  tickSize: string;
  lastPrice: string;
}

/** Schedules the price searches of a connection's books, by the time of its lines. */
export class HashSearches {
  /** Earliest time of the next search, µs. */
  dueUs = 0;

  /** Reserves a slot; returns its time, µs. */
  reserve(atUs: number): number {
    const turnUs = Math.max(atUs, this.dueUs);
    this.dueUs = turnUs + SEARCH_EVERY_US;
    return turnUs;
  }
}

/** State of {@linkcode BookHash}, as plain JSON. */
export interface BookHashState {
  /** null = unknown: nothing can be verified. */
  terms: HashTerms | null;
  /** Price of the last reported trade; absent = none. */
  reported?: string;
  /** Time of the reserved search, µs; absent = none. */
  turnUs?: number;
  /** Last equal hash of a changed book, µs; 0 = never, and then unequal ones do not fail. */
  provenAtUs: number;
  unequal: number;
  /** Earliest time of the next check, µs. */
  dueUs: number;
}

/** Verifies one book's hashes. */
export class BookHash {
  #state: BookHashState = { terms: null, provenAtUs: 0, unequal: 0, dueUs: 0 };
  #searches: HashSearches;

  /** `searches` is shared by all books of a connection. */
  constructor(searches: HashSearches) {
    this.#searches = searches;
  }

  /** Last time when the book was proven right, µs; 0 = never. */
  get provenAtUs(): number {
    return this.#state.provenAtUs;
  }

  /** Whether to verify the next change. */
  isDue(atUs: number): boolean {
    return this.#state.terms !== null && atUs >= this.#state.dueUs;
  }

  /** Verifies a subscription's first book and learns the terms from it. */
  first(book: HashedBook, atUs: number): "verified" | "unverified" | "failed" {
    const { tickSize, lastPrice } = book;
    if (typeof tickSize !== "string" || typeof lastPrice !== "string") return "unverified";
    const { terms: known, provenAtUs } = this.#state;
    const sum = sumOf(book.head);
    const found = known
      ? this.#find(sum, { ...known, tickSize, lastPrice }, book.hash, atUs)
      : usualTerms(tickSize, lastPrice).find((terms) => digest(sum, terms) === book.hash);
    if (found === "later") {
      this.#state = { terms: known, provenAtUs, unequal: 0, dueUs: atUs };
      return "unverified";
    }
    const terms = found ?? null;
    this.#state = { terms, provenAtUs: 0, unequal: 0, dueUs: atUs };
    if (terms !== null) return "verified";
    return provenAtUs > 0 ? "failed" : "unverified";
  }

  /** Verifies the book after a change. */
  changed(book: HashedBook, atUs: number): "verified" | "unverified" | "failed" {
    const state = this.#state;
    if (state.terms === null) return "unverified";
    const found = this.#find(sumOf(book.head), state.terms, book.hash, atUs);
    state.dueUs = atUs + RECHECK_AFTER_US;
    if (found === "later") return "unverified";
    if (found !== undefined) {
      const dueUs = atUs + CHECK_EVERY_US;
      this.#state = { ...state, terms: found, provenAtUs: atUs, unequal: 0, dueUs };
      return "verified";
    }
    state.unequal++;
    if (state.unequal < UNEQUAL_MAX) return "unverified";
    state.terms = null;
    return state.provenAtUs > 0 ? "failed" : "unverified";
  }

  /**
   * Finds the terms whose last price gives the hash: the previous price, the reported one, or any.
   * undefined = none matches, "later" = not all were tried, which proves nothing.
   */
  #find(sum: Hash, terms: HashTerms, hash: unknown, atUs: number): HashTerms | undefined | "later" {
    const { reported } = this.#state;
    const near = [
      terms.lastPrice,
      ...(reported === undefined ? [] : [reported, Number(reported).toFixed(3)]),
    ];
    for (const lastPrice of near) {
      const tried = { ...terms, lastPrice };
      if (digest(sum, tried) === hash) return tried;
    }
    const turnUs = this.#state.turnUs ??= this.#searches.reserve(atUs);
    if (atUs < turnUs) return "later";
    delete this.#state.turnUs;
    return anyPrice(sum, terms, hash);
  }

  /** Records the price of a trade. */
  traded(price: unknown): void {
    if (typeof price === "string") this.#state.reported = price;
  }

  /** Records a change of the tick size. */
  setTickSize(tickSize: string): void {
    if (this.#state.terms !== null) this.#state.terms.tickSize = tickSize;
  }

  state(): BookHashState {
    return structuredClone(this.#state);
  }

  /** Restores a state. */
  restore(state: BookHashState): void {
    this.#state = structuredClone(state);
  }
}

function usualTerms(tickSize: string, lastPrice: string): HashTerms[] {
  return MIN_ORDER_SIZES.flatMap((minOrderSize) =>
    [false, true].map((negRisk) => ({ minOrderSize, negRisk, tickSize, lastPrice }))
  );
}

function anyPrice(sum: Hash, terms: HashTerms, hash: unknown): HashTerms | undefined {
  for (let step = 0; step <= PRICES; step++) {
    const tried = { ...terms, lastPrice: (step / PRICES).toFixed(3) };
    if (digest(sum, tried) === hash) return tried;
  }
  return undefined;
}

function sumOf(head: string): Hash {
  return createHash("sha1").update(head);
}

/** The last price is the last field, so all before it is hashed once. */
function digest(sum: Hash, { minOrderSize, tickSize, negRisk, lastPrice }: HashTerms): string {
  const terms = JSON.stringify({
    ...{ min_order_size: minOrderSize, tick_size: tickSize },
    ...{ neg_risk: negRisk, last_trade_price: lastPrice },
  });
  return sum.copy().update(`,${terms.slice(1)}`).digest("hex");
}

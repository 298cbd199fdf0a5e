/**
 * The `hash` of Polymarket's books and changes: SHA-1 of the whole book as compact JSON with `hash`
 * empty. Of the hashed fields the channel keeps two back (`min_order_size`, `neg_risk`), says two with
 * a subscription's first book only (`tick_size`, `last_trade_price`), and hashes a trade's price
 * before it tells the trade. So the first are found by trying what is usual, and a price by trying all
 * of them, of ten books a second: an equal sum proves every level, an unequal one alone proves nothing.
 * Source: https://github.com/Polymarket/py-clob-client-v2 (`generate_orderbook_summary_hash`)
 * @module
 */
import { createHash, type Hash } from "node:crypto";

/** Smallest orders that markets have had. */
const MIN_ORDER_SIZES = ["5", "15", "1", "10"];
/** Prices to try: tenths of a cent. */
const PRICES = 1000;
/** All prices of a book are tried this often at most on a connection: it takes milliseconds. */
const SEARCH_EVERY_US = 100_000;
/** A book is checked this often, and after an unequal sum sooner. */
const CHECK_EVERY_US = 5_000_000;
const RECHECK_AFTER_US = 500_000;
/** A hash may be a change ahead of the book for a moment; this many unequal ones are no moment. */
const UNEQUAL_MAX = 20;

/** A book whose hash the venue gave. */
export interface HashedBook {
  /** The hashed JSON from its beginning to the end of `asks`. */
  head: string;
  hash: unknown;
  /** What a subscription's first book has. */
  tickSize?: unknown;
  lastPrice?: unknown;
}

/** Hashed fields beside the levels. */
interface HashTerms {
  minOrderSize: string;
  negRisk: boolean;
  tickSize: string;
  lastPrice: string;
}

/** When the books of a connection are searched, by the time of its lines: in turn. */
export class HashSearches {
  /** No turn before, µs. */
  dueUs = 0;

  /** The next turn, µs. */
  reserve(atUs: number): number {
    const turnUs = Math.max(atUs, this.dueUs);
    this.dueUs = turnUs + SEARCH_EVERY_US;
    return turnUs;
  }
}

/** As plain JSON. */
export interface BookHashState {
  /** null = unknown: nothing can be checked. */
  terms: HashTerms | null;
  /** Price of the last reported trade; absent = none was. */
  reported?: string;
  /** Its turn to be searched, µs; absent = it waits for none. */
  turnUs?: number;
  /** When the sum of a changed book was equal last, µs; 0 = never, and unequal ones do not count. */
  provenAtUs: number;
  unequal: number;
  /** No check before, µs. */
  dueUs: number;
}

/** The check of one book's hashes. */
export class BookHash {
  #state: BookHashState = { terms: null, provenAtUs: 0, unequal: 0, dueUs: 0 };
  #searches: HashSearches;

  /** `searches` are those of all books of a connection. */
  constructor(searches: HashSearches) {
    this.#searches = searches;
  }

  /** When the book was last proven to be right, µs; 0 = never. */
  get provenAtUs(): number {
    return this.#state.provenAtUs;
  }

  /** Whether the next change is to be checked. */
  isDue(atUs: number): boolean {
    return this.#state.terms !== null && atUs >= this.#state.dueUs;
  }

  /** A subscription's first book tells the terms. */
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

  /** The book after a change. */
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
   * The terms with the last price that gives the hash: the one that did, the one that was told, or
   * any. undefined = none does, "later" = not all were tried, which says nothing.
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

  /** A trade at that price was told. */
  traded(price: unknown): void {
    if (typeof price === "string") this.#state.reported = price;
  }

  /** The market has other steps of price. */
  setTickSize(tickSize: string): void {
    if (this.#state.terms !== null) this.#state.terms.tickSize = tickSize;
  }

  /** Plain JSON. */
  state(): BookHashState {
    return structuredClone(this.#state);
  }

  /** Takes over a state. */
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

/** The last price is the last field, so what is before it is summed up once. */
function digest(sum: Hash, { minOrderSize, tickSize, negRisk, lastPrice }: HashTerms): string {
  const terms = JSON.stringify({
    ...{ min_order_size: minOrderSize, tick_size: tickSize },
    ...{ neg_risk: negRisk, last_trade_price: lastPrice },
  });
  return sum.copy().update(`,${terms.slice(1)}`).digest("hex");
}

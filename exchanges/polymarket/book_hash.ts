/**
 * The `hash` of Polymarket's books and changes: SHA-1 of the whole book as compact JSON with `hash`
 * empty. Of the hashed fields the channel keeps two back (`min_order_size`, `neg_risk`), says two with
 * a subscription's first book only (`tick_size`, `last_trade_price`), and hashes a trade's price
 * before it tells the trade. So the first are found by trying what is usual, and a price by trying all
 * of them: an equal sum proves every level, an unequal one alone proves nothing.
 * Source: https://github.com/Polymarket/py-clob-client-v2 (`generate_orderbook_summary_hash`)
 * @module
 */
import { createHash, type Hash } from "node:crypto";

/** Smallest orders that markets have had. */
const MIN_ORDER_SIZES = ["5", "15", "1", "10"];
/** Prices to try: tenths of a cent. */
const PRICES = 1000;
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

/** As plain JSON. */
export interface BookHashState {
  /** null = unknown: nothing can be checked. */
  terms: HashTerms | null;
  /** When the sum of a changed book was equal last, µs; 0 = never, and unequal ones do not count. */
  provenAtUs: number;
  unequal: number;
  /** No check before, µs. */
  dueUs: number;
}

/** The check of one book's hashes. */
export class BookHash {
  #state: BookHashState = { terms: null, provenAtUs: 0, unequal: 0, dueUs: 0 };

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
      ? withPrice(sum, { ...known, tickSize, lastPrice }, book.hash)
      : usualTerms(tickSize, lastPrice).find((terms) => digest(sum, terms) === book.hash);
    const terms = found ?? null;
    this.#state = { terms, provenAtUs: 0, unequal: 0, dueUs: atUs };
    if (terms !== null) return "verified";
    return provenAtUs > 0 ? "failed" : "unverified";
  }

  /** The book after a change. */
  changed(book: HashedBook, atUs: number): "verified" | "unverified" | "failed" {
    const state = this.#state;
    if (state.terms === null) return "unverified";
    const found = withPrice(sumOf(book.head), state.terms, book.hash);
    if (found !== undefined) {
      const dueUs = atUs + CHECK_EVERY_US;
      this.#state = { terms: found, provenAtUs: atUs, unequal: 0, dueUs };
      return "verified";
    }
    state.unequal++;
    state.dueUs = atUs + RECHECK_AFTER_US;
    if (state.unequal < UNEQUAL_MAX) return "unverified";
    state.terms = null;
    return state.provenAtUs > 0 ? "failed" : "unverified";
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

/** The terms with the last price that gives the hash; undefined = none does. */
function withPrice(sum: Hash, terms: HashTerms, hash: unknown): HashTerms | undefined {
  if (digest(sum, terms) === hash) return terms;
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

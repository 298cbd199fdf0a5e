import type { Precision, TrackedBookState } from "../tracked_book.ts";
import { ExactBook } from "./exact_book.ts";

/** A book as plain JSON. */
export interface KrakenBookState extends TrackedBookState, Precision {
  external: string;
  depth: number;
  /** Levels in exact steps, if some exceed 2^53; absent = none does. */
  exact?: ExactBookState;
}

/** Levels of both sides in exact steps, as decimal texts. */
interface ExactBookState {
  bids: [string, string][];
  asks: [string, string][];
}

/** Plain JSON of an exact book. */
export function exactState(book: ExactBook): ExactBookState {
  const side = ({ prices, sizes }: ExactBook["bids"]) =>
    prices.map((price, i): [string, string] => [String(price), String(sizes[i])]);
  return { bids: side(book.bids), asks: side(book.asks) };
}

/** Restores an exact book from its plain JSON. */
export function restoreExact(state: ExactBookState): ExactBook {
  const book = new ExactBook();
  for (const name of ["bids", "asks"] as const) {
    for (const [price, size] of state[name]) book[name].set(BigInt(price), BigInt(size));
  }
  return book;
}

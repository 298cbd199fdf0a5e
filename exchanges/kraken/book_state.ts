import type { BookSide, Gap } from "@ssmd/market";
import { ExactBook } from "./exact_book.ts";

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
  bids: [number, number][];
  asks: [number, number][];
  /** Levels in exact steps, where the book has some of more than 2^53; absent = it has not. */
  exact?: ExactBookState;
}

/** Levels of both sides in exact steps, as decimal texts. */
export interface ExactBookState {
  bids: [string, string][];
  asks: [string, string][];
}

/** Levels of a side in steps. */
export function levelsState(side: BookSide): [number, number][] {
  return side.prices.map((price, i) => [price, side.sizes[i] as number]);
}

/** Plain JSON of an exact book. */
export function exactState(book: ExactBook): ExactBookState {
  const side = ({ prices, sizes }: ExactBook["bids"]) =>
    prices.map((price, i): [string, string] => [String(price), String(sizes[i])]);
  return { bids: side(book.bids), asks: side(book.asks) };
}

/** An exact book from its plain JSON. */
export function restoreExact(state: ExactBookState): ExactBook {
  const book = new ExactBook();
  for (const name of ["bids", "asks"] as const) {
    for (const [price, size] of state[name]) book[name].set(BigInt(price), BigInt(size));
  }
  return book;
}

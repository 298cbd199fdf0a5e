/** What the venues' tests ask a normalizer. @module */
import type { Normalized, Normalizer } from "./adapter.ts";

/** Feeds a frame's text. */
export function feed(normalizer: Normalizer, text: string, atUs = 1): Normalized {
  return normalizer.normalize(JSON.parse(text), text, atUs);
}

/** Symbols whose book is not right, and since when. */
export function suspectBooks(normalizer: Normalizer): Map<string, number> {
  const books = normalizer.missing().filter(({ channel }) => channel === "orderbook");
  return new Map(books.map(({ symbol, sinceUs }) => [symbol, sinceUs]));
}

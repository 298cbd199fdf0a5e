import assert from "node:assert/strict";
import { Book } from "./book.ts";

const HEAD = { checksum: "verified", depth: 2 };

Deno.test("changes go into a book that is known, and levels beyond its depth leave", () => {
  const book = new Book();
  assert.equal(book.take({ ...HEAD, kind: "delta", bids: [[9, 1]], asks: [] }), false);
  book.take({ ...HEAD, kind: "snapshot", bids: [[9, 1], [8, 2]], asks: [[10, 1], [11, 1]] });
  book.take({ ...HEAD, kind: "delta", bids: [[9.5, 3]], asks: [[10, 0]] });
  assert.deepEqual(book.sortedBids(), [[9.5, 3], [9, 1]]);
  assert.deepEqual(book.sortedAsks(), [[11, 1]]);
  assert.deepEqual([book.bestBid(), book.bestAsk()], [9.5, 11]);
});

Deno.test("a later snapshot replaces the book", () => {
  const book = new Book();
  book.take({ ...HEAD, kind: "snapshot", bids: [[9, 1]], asks: [[10, 1]] });
  book.take({ ...HEAD, kind: "snapshot", bids: [[7, 1]], asks: [] });
  assert.deepEqual([book.sortedBids(), book.sortedAsks()], [[[7, 1]], []]);
  assert.equal(book.bestAsk(), undefined);
});

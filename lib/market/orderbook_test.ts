import assert from "node:assert/strict";
import fc from "fast-check";
import { BookSide, OrderBook } from "./orderbook.ts";

function assertBest(side: BookSide): void {
  assert.deepEqual(
    [side.bestPrice, side.bestSize],
    [side.prices[0] ?? NaN, side.sizes[0] ?? NaN],
  );
}

Deno.test("a side equals a sorted map after any changes", () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(
      fc.constantFrom("bids", "asks"),
      fc.array(change, { maxLength: 400, size: "max" }),
      (name, changes) => {
        const side = new BookSide(name);
        const map = new Map<number, number>();
        for (const [price, size] of changes) {
          const had = map.has(price);
          const index = side.set(price, size);
          if (size === 0) map.delete(price);
          else map.set(price, size);
          assert.equal(index === -1, !had && size === 0);
          assert.equal(side.sizeAt(price), size);
          assertBest(side);
        }
        const sign = name === "bids" ? -1 : 1;
        const sorted = [...map].sort((a, b) => sign * (a[0] - b[0]));
        assert.deepEqual(side.prices.map((price, i) => [price, side.sizes[i]]), sorted);
        side.truncate(5);
        assert.deepEqual(side.prices, sorted.slice(0, 5).map(([price]) => price));
        for (const [price] of sorted.slice(0, 5)) {
          side.add(price, 1);
          assertBest(side);
        }
        side.truncate(0);
        assertBest(side);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a change is added to a level's size, unless the sum is below 0 or above 2^53", () => {
  for (const name of ["bids", "asks"] as const) {
    const side = new BookSide(name);
    assert.equal(side.add(100, 0), 0);
    assert.equal(side.add(100, -1), -1);
    assert.deepEqual([side.prices, side.sizes], [[], []]);
    assert.equal(side.add(100, 5), 5);
    assert.equal(side.add(100, 2), 7);
    assert.equal(side.add(100, -8), -1);
    assert.equal(side.add(100, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER + 7);
    assert.deepEqual([side.prices, side.sizes], [[100], [7]]);
    assert.equal(side.add(100, -7), 0);
    assert.equal(side.length, 0);
  }
});

Deno.test("a book is crossed when its best bid reaches its best ask", () => {
  const book = new OrderBook();
  book.bids.set(100, 1);
  assert.equal(book.crossed, false);
  book.asks.set(101, 1);
  assert.equal(book.crossed, false);
  book.bids.set(101, 1);
  assert.equal(book.crossed, true);
  book.clear();
  assert.equal(book.crossed, false);
});

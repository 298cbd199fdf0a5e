import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { OrderBook } from "@ssmd/market";
import { BookChecksum } from "./checksum.ts";

/** The official guide's example: price and size as text, best first. */
const ASKS = [
  ["45285.2", "0.00100000"],
  ["45286.4", "1.54571953"],
  ["45286.6", "1.54571109"],
  ["45289.6", "1.54560911"],
  ["45290.2", "0.15890660"],
  ["45291.8", "1.54553491"],
  ["45294.7", "0.04454749"],
  ["45296.1", "0.35380000"],
  ["45297.5", "0.09945542"],
  ["45299.5", "0.18772827"],
] as const;
const BIDS = [
  ["45283.5", "0.10000000"],
  ["45283.4", "1.54582015"],
  ["45282.1", "0.10000000"],
  ["45281.0", "0.10000000"],
  ["45280.3", "1.54592586"],
  ["45279.0", "0.07990000"],
  ["45277.6", "0.03310103"],
  ["45277.5", "0.30000000"],
  ["45277.3", "1.54602737"],
  ["45276.6", "0.15445238"],
] as const;

Deno.test("the checksum of the official worked example comes out", () => {
  const book = new OrderBook();
  for (const [price, size] of ASKS) book.asks.set(Number(price) * 10, Math.round(+size * 1e8));
  for (const [price, size] of BIDS) book.bids.set(Number(price) * 10, Math.round(+size * 1e8));
  assert.equal(new BookChecksum().of(book), 3310070434);
});

Deno.test("an empty book has the checksum of no bytes", () => {
  assert.equal(new BookChecksum().of(new OrderBook()), crc32(""));
});

Deno.test("any book has the CRC-32 of the digits of its best ten levels a side", () => {
  const steps = fc.oneof(
    fc.integer({ min: 1, max: 99 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.maxSafeInteger().map((value) => Math.abs(value) + 1).filter(Number.isSafeInteger),
    fc.integer({ min: 1, max: 9000 }).map((value) => value * 1e9),
  );
  const side = fc.uniqueArray(fc.tuple(steps, steps), {
    selector: ([price]) => price,
    maxLength: 14,
  });
  fc.assert(
    fc.property(side, side, (asks, bids) => {
      const book = new OrderBook();
      for (const [price, size] of asks) book.asks.set(price, size);
      for (const [price, size] of bids) book.bids.set(price, size);
      const best = (levels: [number, number][], sign: number) =>
        levels.toSorted((a, b) => sign * (a[0] - b[0])).slice(0, 10).flat().join("");
      assert.equal(new BookChecksum().of(book), crc32(best(asks, 1) + best(bids, -1)));
      // Again, as what was remembered must be right too.
      assert.equal(new BookChecksum().of(book), crc32(best(asks, 1) + best(bids, -1)));
    }),
    { numRuns: 500 },
  );
});

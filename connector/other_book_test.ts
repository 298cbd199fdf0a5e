import assert from "node:assert/strict";
import type { OrderBookUpdate } from "@ssmd/market";
import type { OtherTop } from "./crossed_market.ts";
import { OtherBook } from "./other_book.ts";

const START_US = 1_790_000_000_000_000;

/** An update of one bid; the ask stays at 1. */
function update(kind: "snapshot" | "delta", sequence: number, bid: number): OrderBookUpdate {
  return {
    ...{ type: "orderbook", kind, feed: "f", symbol: "B", timestampUs: 0, sequence, depth: 0 },
    ...{ receivedAtUs: START_US + sequence, checksum: "unverified" },
    ...{ bids: [{ price: bid, size: 1 }], asks: [{ price: 1, size: 1 }] },
  } as OrderBookUpdate;
}

function open() {
  const reported: number[][] = [];
  const onTop = ({ timeUs, bid }: OtherTop) => reported.push([timeUs - START_US, bid]);
  return { book: new OtherBook({ feed: "f", symbol: "B", onTop }), reported };
}

Deno.test("a book that began before it was read is the answer and what came behind it", () => {
  const { book, reported } = open();
  for (const n of [5, 6, 7]) book.take(update("delta", n, n / 10));
  assert.deepEqual([reported, book.isUnknown], [[], true]);
  book.takeAnswer(update("snapshot", 6, 0.6));
  assert.deepEqual([reported, book.isUnknown], [[[6, 0.6], [7, 0.7]], false]);
  book.takeAnswer(update("snapshot", 6, 0.1));
  book.take(update("delta", 8, 0.8));
  assert.deepEqual(reported.at(-1), [8, 0.8]);
});

Deno.test("what the bus lost makes the book unknown until a snapshot comes", () => {
  const { book, reported } = open();
  book.take(update("snapshot", 1, 0.1));
  book.lose(START_US + 2);
  book.take(update("delta", 4, 0.4));
  assert.deepEqual([reported, book.isUnknown], [[[1, 0.1], [2, NaN]], true]);
  book.take(update("snapshot", 5, 0.5));
  assert.deepEqual([reported.at(-1), book.isUnknown], [[5, 0.5], false]);
});

Deno.test("an answer of before what did not fit is of no use", () => {
  const { book, reported } = open();
  for (let n = 1; n <= 20_002; n++) book.take(update("delta", n, 0.5));
  book.takeAnswer(update("snapshot", 1, 0.1));
  assert.deepEqual([reported, book.isUnknown], [[], true]);
  book.takeAnswer(update("snapshot", 2, 0.2));
  assert.deepEqual(reported, [[2, 0.2], [3, 0.5]]);
});

import assert from "node:assert/strict";
import { kraken } from "../../kraken/mod.ts";
import { KrakenCaptureBook } from "./capture_book.ts";

const SNAPSHOT =
  '{"channel":"book","type":"snapshot","data":[{"symbol":"FLOKI/USD","bids":[{"price":0.00004510,"qty":1500000.00000000},{"price":0.00004500,"qty":100000000.00000000}],"asks":[{"price":0.00004520,"qty":2000000.00000000}],"checksum":4238442664,"timestamp":"2026-11-28T10:00:00.123456Z"}]}';

Deno.test("the snapshot of a captured book with a level of more than 2^53 steps is the captured one", () => {
  const book = new KrakenCaptureBook("FLOKI/USD", 10, { priceDecimals: 8, sizeDecimals: 8 });
  book.apply(SNAPSHOT);
  const text = book.snapshot() ?? "";
  assert.equal(text, SNAPSHOT);
  const normalizer = kraken.normalizers.at(-1)?.create({ feed: "kraken", symbols: [] });
  const events = normalizer?.normalize(JSON.parse(text), text, 1).events ?? [];
  assert.equal(events[0]?.type === "orderbook" && events[0].checksum, "verified");
});

import assert from "node:assert/strict";
import type { GapReason, Level, MarketEvent, OrderBookUpdate, Ticker, Trade } from "@ssmd/market";
import { ALL_SYMBOLS, openGap } from "@ssmd/market";
import type { CrossedBookCheck, MaxGapCheck, MonotonicTimeCheck, QaCheck } from "@ssmd/metadata";
import { IdSet } from "./id_set.ts";
import { checkRecords } from "./qa.ts";

const START_US = Date.parse("2026-08-01T00:00:00Z") * 1000;
const SECOND_US = 1_000_000;
const HOUR_US = 3_600 * SECOND_US;

function trade(atUs: number, more: Partial<Trade> = {}): Trade {
  return {
    ...{ type: "trade", timestampUs: START_US + atUs, receivedAtUs: START_US + atUs },
    ...{ symbol: "BTCUSD", feed: "kraken", sequence: 1 + atUs, price: 100, size: 1 },
    ...{ side: "buy", tradeId: String(atUs) },
    ...more,
  };
}

function ticker(atUs: number, bidPrice: number | null): Ticker {
  const { timestampUs, receivedAtUs, symbol, feed, sequence } = trade(atUs);
  return {
    ...{ type: "ticker", timestampUs, receivedAtUs, symbol, feed, sequence, bidPrice },
    ...{ bidSize: null, askPrice: null, askSize: null, lastPrice: null, lastSize: null },
    ...{ volume24h: null, openInterest: null },
  };
}

function book(
  atUs: number,
  kind: OrderBookUpdate["kind"],
  bids: [number, number][],
  asks: [number, number][],
): OrderBookUpdate {
  const { timestampUs, receivedAtUs, symbol, feed, sequence } = trade(atUs);
  const levels = (pairs: [number, number][]): Level[] =>
    pairs.map(([price, size]) => ({ price, size }));
  return {
    ...{ type: "orderbook", timestampUs, receivedAtUs, symbol, feed, sequence, kind },
    ...{ bids: levels(bids), asks: levels(asks), depth: 10, checksum: "verified" },
  };
}

function gap(atUs: number, symbol: string, reason: GapReason = "disconnect"): MarketEvent {
  return openGap({
    ...{ feed: "kraken", symbol, reason, missed: null, detail: "x" },
    ...{ fromUs: START_US + atUs, atUs: START_US + atUs },
  });
}

async function* batchesOf(events: readonly MarketEvent[]): AsyncGenerator<MarketEvent[]> {
  for (let at = 0; at < events.length; at += 3) yield events.slice(at, at + 3);
}

async function found(check: QaCheck, events: readonly MarketEvent[], closed: number[] = []) {
  const isClosed = (us: number) => closed.includes(Math.floor((us - START_US) / HOUR_US));
  const openUs = (fromUs: number, toUs: number) => isClosed(fromUs) ? 0 : toUs - fromUs;
  const day = { startUs: START_US, openUs };
  const { checks: [result] } = await checkRecords({ checks: [check] }, day, batchesOf(events));
  assert.ok(result !== undefined);
  return result;
}

Deno.test("max_gap finds a symbol that is silent for too long, and no other", async () => {
  const check: MaxGapCheck = { type: "max_gap", records: ["trade"], of: "symbol", longest: 10_000 };
  const events = [
    trade(0),
    trade(10 * SECOND_US),
    trade(11 * SECOND_US, { symbol: "ETHUSD" }),
    trade(20 * SECOND_US + 1),
    trade(21 * SECOND_US, { symbol: "ETHUSD" }),
  ];
  const result = await found(check, events);
  assert.equal(result.failures, 1);
  const [first] = result.first;
  assert.deepEqual(
    [first?.symbol, first?.receivedAt, first?.sequence],
    ["BTCUSD", `${START_US + 20 * SECOND_US + 1}000`, 20 * SECOND_US + 2],
  );
  assert.match(first?.what ?? "", /nothing for 10\.0 s since 2026-08-01T00:00:10/);
  assert.equal((await found({ ...check, of: "feed" }, events)).failures, 0);
  assert.equal((await found(check, events, [0])).failures, 0);
});

Deno.test("range finds values outside, of every level of a book; absent values pass", async () => {
  const trades: QaCheck = { type: "range", records: ["trade"], field: "price", min: 1, max: 100 };
  const prices = [1, 100, 100.1, 0.9, NaN].map((price, i) => trade(i, { price }));
  const result = await found(trades, prices);
  assert.equal(result.failures, 3);
  assert.equal(result.first[0]?.what, "price is 100.1; at most 100");
  assert.equal(result.first[1]?.what, "price is 0.9; at least 1");
  const books: QaCheck = { type: "range", records: ["orderbook"], field: "size", min: 0 };
  const updates = [book(0, "snapshot", [[1, 2]], [[3, 0]]), book(1, "delta", [], [[3, -1]])];
  assert.equal((await found(books, updates)).failures, 1);
  const bids: QaCheck = { type: "range", records: ["ticker"], field: "bidPrice", min: 0 };
  assert.equal((await found(bids, [ticker(0, null), ticker(1, 0), ticker(2, -1)])).failures, 1);
});

Deno.test("presence wants records of every open hour between the feed's first and last", async () => {
  const check: QaCheck = { type: "presence", records: ["trade"], of: "symbol", per_hour: 1 };
  const events = [
    trade(2 * HOUR_US),
    trade(2 * HOUR_US + 1, { symbol: "ETHUSD" }),
    trade(4 * HOUR_US),
    ticker(5 * HOUR_US, 1),
  ];
  const result = await found(check, events);
  const hours = result.first.map(({ symbol, time }) => `${symbol} ${time.slice(11, 13)}`);
  assert.deepEqual(hours.sort(), ["BTCUSD 03", "BTCUSD 05", "ETHUSD 03", "ETHUSD 04", "ETHUSD 05"]);
  assert.equal((await found(check, events, [3, 5])).failures, 1);
  const named = { ...check, symbols: ["SOLUSD"] };
  assert.equal((await found(named, events)).failures, 4);
});

Deno.test("monotonic_time finds our clock set back, and the venue's, not a restart", async () => {
  const ours: MonotonicTimeCheck = {
    type: "monotonic_time",
    records: ["trade"],
    clock: "received",
  };
  const events = [
    trade(1, { sequence: 5 }),
    trade(2, { sequence: 4 }),
    gap(3, ALL_SYMBOLS),
    trade(4, { sequence: 2 }),
  ];
  const result = await found(ours, events);
  assert.equal(result.failures, 1);
  assert.equal(result.first[0]?.sequence, 4);
  const venue: QaCheck = { ...ours, clock: "venue", tolerance: 1000 };
  const times = [5 * SECOND_US, 4 * SECOND_US, 4 * SECOND_US - 1].map((us, i) =>
    trade(i, { timestampUs: START_US + us })
  );
  assert.equal((await found(venue, [...times, trade(9, { timestampUs: 0 })])).failures, 1);
});

Deno.test("crossed_book rebuilds books, forgives what a gap covers, and counts a crossing once", async () => {
  const check: CrossedBookCheck = { type: "crossed_book", longest: 0 };
  const snapshot = book(0, "snapshot", [[10, 1], [9, 1]], [[11, 1]]);
  const crossing = book(1, "delta", [[12, 1]], []);
  const still = book(2, "delta", [[9, 5]], []);
  const healed = book(3, "delta", [[12, 0]], []);
  const again = book(4, "delta", [], [[10, 1]]);
  const result = await found(check, [snapshot, crossing, still, healed, again]);
  assert.equal(result.failures, 2);
  assert.equal(result.first[0]?.what, "the best bid, 12, is not below the best ask, 11");
  assert.equal((await found(check, [snapshot, gap(1, "BTCUSD"), crossing])).failures, 0);
  for (const channel of ["trade", "status"]) {
    const other = { ...gap(1, ALL_SYMBOLS), channel } as MarketEvent;
    assert.equal((await found(check, [snapshot, other, crossing])).failures, 1, channel);
  }
  assert.equal((await found(check, [crossing])).failures, 0);
  const patient: QaCheck = { ...check, longest: 1 };
  const short = [snapshot, crossing, book(900, "delta", [[12, 0]], []), trade(5000)];
  assert.equal((await found(patient, short)).failures, 0);
  assert.equal((await found(patient, [snapshot, crossing, trade(5000)])).failures, 1);
});

Deno.test("duplicate_ids finds a trade and a record that come twice", async () => {
  const ids: QaCheck = { type: "duplicate_ids", records: ["trade"], id: "trade_id" };
  const events = [
    trade(1, { tradeId: "a" }),
    trade(2, { tradeId: "a", symbol: "ETHUSD" }),
    trade(3, { tradeId: "a" }),
    trade(4, { tradeId: "" }),
    trade(5, { tradeId: "" }),
  ];
  assert.equal((await found(ids, events)).failures, 1);
  const records: QaCheck = { ...ids, id: "record" };
  assert.equal((await found(records, [...events, trade(5)])).failures, 1);
});

Deno.test("a check sees only its types and symbols, and keeps the first ten of all it counts", async () => {
  const check: QaCheck = {
    ...{ type: "range", records: ["trade"], field: "size", max: 0 },
    symbols: ["BTC*", "SOLUSD"],
  };
  const symbols = ["BTCUSD", "BTCEUR", "ETHUSD", "SOLUSD", "SOLUSDT"];
  const events = Array.from(
    { length: 50 },
    (_, i) => trade(i, { symbol: symbols[i % 5] as string }),
  );
  const result = await found(check, [...events, ticker(60, 1)]);
  assert.equal(result.records, 30);
  assert.equal(result.failures, 30);
  assert.equal(result.first.length, 10);
});

Deno.test("a set of ids knows what it took in, up to its limit", () => {
  const set = new IdSet(20_000);
  for (let i = 0; i < 20_000; i++) assert.equal(set.add(`trade BTCUSD ${i}`), "new");
  for (let i = 0; i < 20_000; i++) assert.equal(set.add(`trade BTCUSD ${i}`), "known");
  assert.equal(set.add("one more"), "full");
  assert.equal(set.size, 20_000);
});

Deno.test("crossed_book goes on through a suspect clock, which leaves books alone", async () => {
  const check: CrossedBookCheck = { type: "crossed_book", longest: 0 };
  const events = (reason: GapReason) => [
    book(0, "snapshot", [[99, 1]], [[101, 1]]),
    gap(1, ALL_SYMBOLS, reason),
    book(2, "delta", [[102, 1]], []),
  ];
  assert.equal((await found(check, events("clock"))).failures, 1);
  assert.equal((await found(check, events("disconnect"))).failures, 0);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { OrderBookUpdate, Trade } from "@ssmd/market";
import { RecordComparison } from "./compare_records.ts";
import { ValueStats } from "./value_stats.ts";

function trade(more: Partial<Trade> = {}): Trade {
  return {
    ...{ type: "trade", timestampUs: 0, receivedAtUs: 1000, symbol: "BTCUSD", feed: "kraken" },
    ...{ sequence: 1, price: 1, size: 1, side: "buy", tradeId: "1" },
    ...more,
  };
}

function book(size: number): OrderBookUpdate {
  return {
    ...{ type: "orderbook", timestampUs: 0, receivedAtUs: 1000, symbol: "BTCUSD", feed: "kraken" },
    ...{ sequence: 1, kind: "delta", bids: [{ price: 1, size }], asks: [], depth: 10 },
    checksum: "verified",
  };
}

Deno.test("records that say the same are the same, whatever their number", () => {
  const comparison = new RecordComparison();
  comparison.group([trade(), book(1)], [trade({ sequence: 7 }), book(1)]);
  comparison.group([trade(), book(2)], [book(2), trade()]);
  const [trades, books] = comparison.types();
  assert.deepEqual(trades, {
    ...{ type: "trade", old: 2, new: 2, same: 2, changed: 0, onlyOld: 0, onlyNew: 0 },
    renumbered: 1,
  });
  assert.equal(books?.same, 2);
  assert.deepEqual(comparison.symbols(), []);
});

Deno.test("a changed record names its fields, one that is missing its side", () => {
  const comparison = new RecordComparison();
  comparison.group(
    [trade(), trade({ tradeId: "2" }), trade({ symbol: "ETHUSD" }), book(1)],
    [trade({ price: 2, side: "sell" }), trade({ tradeId: "2" }), book(3), trade({ symbol: "SOL" })],
  );
  const symbols = comparison.symbols();
  assert.deepEqual(symbols.map(({ symbol, differences }) => [symbol, differences]), [
    ["BTCUSD", 2],
    ["ETHUSD", 1],
    ["SOL", 1],
  ]);
  const [changed, level] = symbols[0]?.first ?? [];
  assert.deepEqual(changed?.fields, [
    { field: "price", old: 1, new: 2 },
    { field: "side", old: "buy", new: "sell" },
  ]);
  assert.equal(changed?.time, "1970-01-01T00:00:00.001000Z");
  assert.deepEqual(level?.fields.map(({ field }) => field), ["bids"]);
  assert.deepEqual(symbols.slice(1).map(({ first }) => first[0]?.kind), ["only old", "only new"]);
});

Deno.test("of each symbol the first three differences are kept, all are counted", () => {
  const comparison = new RecordComparison();
  for (let i = 0; i < 10; i++) comparison.group([trade()], [trade({ size: 2 })]);
  const [symbol] = comparison.symbols();
  assert.equal(symbol?.differences, 10);
  assert.equal(symbol?.first.length, 3);
});

Deno.test("symbols beyond the listed thousand are counted once each", () => {
  const comparison = new RecordComparison();
  for (const round of [1, 2]) {
    for (let i = 0; i < 1003; i++) {
      const symbol = `S${i}`;
      comparison.group([trade({ symbol })], [trade({ symbol, size: 2 + round })]);
    }
  }
  assert.equal(comparison.symbols().length, 1000);
  assert.equal(comparison.symbolsLeftOut, 3);
});

Deno.test("quantiles are right to half a percent, extremes and the mean exactly", () => {
  const value = fc.double({ min: -1e6, max: 1e9, noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
    const stats = new ValueStats();
    for (const each of values) stats.add(each);
    const { count, min, max, p1, p50, p99 } = stats.summary();
    const sorted = values.toSorted((a, b) => a - b);
    assert.deepEqual([count, min, max], [values.length, Math.min(...values), Math.max(...values)]);
    for (const [share, found] of [[0.01, p1], [0.5, p50], [0.99, p99]] as const) {
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? NaN;
      const error = Math.abs((found ?? NaN) - exact);
      assert.ok(error <= Math.abs(exact) * 0.0051, `${share}: ${found} for ${exact}`);
    }
  }));
  assert.equal(new ValueStats().summary().p50, null);
});

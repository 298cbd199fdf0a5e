import assert from "node:assert/strict";
import { type Gap, lostGap, openGap, type OrderBookUpdate, recoveredGap } from "@ssmd/market";
import { enrichChain } from "./chain.ts";
import { EnrichedMarket, type ReferenceSpan } from "./enriched_market.ts";
import { enrichedJson, RowBytes, valueOf } from "./enriched_row.ts";

const DAY_US = 86_400_000_000;
const ENRICH = [
  { name: "mid", type: "calculation", values: { mid: "mid", vwap: "vwap(10s)" } },
  { name: "quality", type: "quality", stale_after: 5_000, wide_above_bps: 500 },
  { name: "reference", type: "reference_join", fields: ["state"] },
] as const;

/** A market whose rows are collected as [second, valid, mid, vwap, quality, state]. */
function market(references: readonly ReferenceSpan[] = []) {
  const rows: unknown[][] = [];
  const chain = enrichChain(ENRICH.map((each) => ({ ...each } as never)));
  assert.ok(chain);
  const enriched = new EnrichedMarket({
    ...{ symbol: "A", feed: "kraken", chain, references },
    onRow: (row) => {
      const values = [0, 1, 2, 3].map((column) => valueOf(row, column));
      rows.push([row.timeUs / 1e6 - DAY_US / 1e6, row.valid, ...values]);
    },
  });
  return { enriched, rows };
}

const at = (second: number) => DAY_US + second * 1e6;
const BASE = { feed: "kraken", symbol: "A", timestampUs: 0, sequence: 1 };

function update(second: number, bid: number, ask: number, kind: OrderBookUpdate["kind"] = "delta") {
  return {
    ...{ ...BASE, type: "orderbook", kind, depth: 0, checksum: "verified" },
    receivedAtUs: at(second),
    bids: bid > 0 ? [{ price: bid, size: 1 }] : [],
    asks: ask > 0 ? [{ price: ask, size: 1 }] : [],
  } as OrderBookUpdate;
}

function trade(second: number, price: number, size: number) {
  const receivedAtUs = at(second);
  return { ...BASE, type: "trade", receivedAtUs, price, size, side: "buy", tradeId: "" } as const;
}

function gap(from: number, second: number): Gap {
  const news = { feed: "kraken", symbol: "_all", reason: "disconnect", missed: null, detail: "" };
  return openGap({ ...news, reason: "disconnect", fromUs: at(from), atUs: at(second) });
}

Deno.test("from a gap to the next snapshot nothing is made of the book, whatever changes come", () => {
  const { enriched, rows } = market();
  enriched.take(update(1, 10, 12, "snapshot"));
  const open = gap(2, 3);
  enriched.take(open);
  enriched.take(recoveredGap(open, at(4)));
  enriched.take(update(4, 11, 12));
  enriched.take(update(5, 10.9, 11.1, "snapshot"));
  assert.deepEqual(rows.map(([second, valid, mid, , quality]) => [second, valid, mid, quality]), [
    [1, true, 11, "wide"],
    [3, false, null, "unknown"],
    [5, true, 11, "good"],
  ]);
});

Deno.test("a gap that is told behind the snapshot after it leaves the book as it is", () => {
  const { enriched, rows } = market();
  const { feed, symbol } = BASE;
  const news = { feed, symbol, reason: "sequence", missed: 1, detail: "", atUs: at(4) } as const;
  enriched.take(update(3, 10, 12, "snapshot"));
  enriched.take(lostGap({ ...news, fromUs: at(2) }));
  assert.equal(rows.at(-1)?.[1], true);
  enriched.take(lostGap({ ...news, fromUs: at(3) }));
  assert.equal(rows.at(-1)?.[1], false);
});

Deno.test("a mean over a window is known when all of its trades are, and not while some are missing", () => {
  const { enriched, rows } = market();
  for (let second = 1; second <= 11; second++) enriched.take(trade(second, second, 1));
  assert.deepEqual(rows.map(([second, , , vwap]) => [second, vwap]), [[1, null], [11, 6.5]]);
  enriched.take(gap(11, 12));
  assert.equal(rows.at(-1)?.[3], null);
});

Deno.test("a quiet market is stale from its time on, and a day begins with a row of its own", () => {
  const { enriched, rows } = market();
  enriched.take(update(1, 10, 10.1, "snapshot"));
  enriched.passTo(at(6));
  assert.equal(rows.length, 1);
  enriched.passTo(at(7));
  enriched.take(update(8, 10, 10.1, "snapshot"));
  const midnight = DAY_US / 1e6;
  enriched.take(update(midnight + 1, 10, 10.1, "snapshot"));
  assert.deepEqual(rows.map(([second, valid, , , quality]) => [second, valid, quality]), [
    [1, true, "good"],
    [6, true, "stale"],
    [8, true, "good"],
    [13, true, "stale"],
    [midnight + 1, true, "good"],
  ]);
});

Deno.test("a day begins without the other feed's prices of the day before", () => {
  const rows: unknown[] = [];
  const chain = enrichChain([
    { name: "other", type: "cross_feed", symbols: { A: "B" } },
    { name: "seen", type: "calculation", values: { seen: "other_bid" } },
  ]);
  assert.ok(chain);
  const enriched = new EnrichedMarket({
    ...{ symbol: "A", feed: "kraken", chain },
    onRow: (row) => rows.push([row.timeUs / 1e6 - DAY_US / 1e6, valueOf(row, 0)]),
  });
  const dayS = DAY_US / 1e6;
  enriched.take(update(1, 1, 2, "snapshot"));
  enriched.takeOther({ bid: 5, ask: 6 }, at(2));
  enriched.take(update(dayS + 1, 1, 2, "snapshot"));
  // That of the new day is heard before the first record.
  enriched.takeOther({ bid: 7, ask: 8 }, at(2 * dayS + 1));
  enriched.take(update(2 * dayS + 2, 1, 2, "snapshot"));
  assert.deepEqual(rows, [
    ...[[1, null], [2, 5]],
    ...[[dayS + 1, null], [2 * dayS + 2, 7]],
  ]);
});

Deno.test("a crossed or one-sided book is told, and the security master as of each row", () => {
  const spans = [{ fromUs: 0, values: ["listed"] }, { fromUs: at(2), values: ["open"] }];
  const { enriched, rows } = market(spans);
  enriched.take(update(1, 10, 0, "snapshot"));
  enriched.take(update(2, 10, 9));
  assert.deepEqual(rows.map(([, , mid, , quality, state]) => [mid, quality, state]), [
    [null, "one-sided", "listed"],
    [9.5, "crossed", "open"],
  ]);
});

Deno.test("a row on the bus is the row of an export, and names the chain", () => {
  const chain = enrichChain(ENRICH.map((each) => ({ ...each } as never)));
  assert.ok(chain);
  for (const timeUs of [1_795_941_392_000_000, 1_795_941_392_000_001, 1_795_941_392_999_900]) {
    const row = {
      symbol: 'A"é',
      feed: "kraken",
      timeUs,
      valid: true,
      numbers: [0.1, NaN],
      words: ["good", null],
    };
    const text = new TextDecoder().decode(new RowBytes(chain).of(row));
    assert.deepEqual(JSON.parse(text), { ...enrichedJson(chain, row), chain: chain.version });
  }
});

Deno.test("a number on the bus is written as JSON writes it, of whatever size", () => {
  const chain = enrichChain([{ name: "n", type: "calculation", values: { n: "mid" } }]);
  assert.ok(chain);
  const bytes = new RowBytes(chain);
  const written = (value: number) => {
    const row = { symbol: "A", feed: "f", timeUs: 0, valid: true, numbers: [value], words: [] };
    return /"n":(.*),"chain"/.exec(new TextDecoder().decode(bytes.of(row)))?.[1];
  };
  const edges = [0, 0.1, 0.5, 1, 1e-6, 1e-7, 9.99e-7, 0.999999999999, 999.9999999999, 1000.000001];
  const large = [999_999.999999, 1e6, 1e21, 123_456.7890123, 0.1 + 0.2, 1 / 3, 1000 / 3, 1e4 / 3];
  for (const value of [...edges, ...large]) {
    for (const each of [value, -value]) assert.equal(written(each), JSON.stringify(each));
  }
  for (let i = 1; i < 20_000; i++) {
    // Digits at every place, from few to many.
    const value = Number((Math.imul(i, 2_654_435_761) * 10 ** -(i % 16)).toFixed(i % 13));
    assert.equal(written(value), JSON.stringify(value));
  }
  assert.equal(written(NaN), "null");
});

Deno.test("words that come again are the same bytes, however many others there were", () => {
  const chain = enrichChain([{ name: "r", type: "reference_join", fields: ["state", "name"] }]);
  assert.ok(chain);
  const bytes = new RowBytes(chain);
  for (let i = 0; i < 60; i++) {
    const words = [`state ${i % 11}`, i % 3 === 0 ? null : `name ${i % 2}`];
    const row = { symbol: "A", feed: "f", timeUs: DAY_US, valid: true, numbers: [], words };
    const json = JSON.parse(new TextDecoder().decode(bytes.of(row)));
    assert.deepEqual([json["state"], json["name"]], words);
  }
});

import assert from "node:assert/strict";
import {
  amountText,
  changeSpan,
  changeText,
  groupLevels,
  priceText,
  sizeCharsMax,
  sizeParts,
  spreadText,
} from "./market_figures.ts";
import { emptyRow, type MarketRow } from "./market_row.ts";

function row(more: Partial<MarketRow>): MarketRow {
  return { ...emptyRow("A", "feed"), ...more };
}

const CONTRACT = row({ type: "prediction", decimals: 3, last: 0.385, reference: 0.35 });
const COIN = row({ type: "spot", external: "BTC/USD", decimals: 1, last: 101, reference: 100 });

Deno.test("a contract is told in cents and points, a coin in its quote currency and percent", () => {
  assert.deepEqual([priceText(CONTRACT, 0.385), priceText(COIN, 63005.1)], ["38.5¢", "63,005.1"]);
  assert.deepEqual([changeText(CONTRACT), changeText(COIN)], ["+3.5 pt", "+1.00%"]);
  assert.equal(spreadText(CONTRACT, 0.38, 0.385), "0.5¢");
  assert.equal(spreadText(COIN, 99.5, 100.5), "1.0 · 100 bp");
  assert.deepEqual([amountText(CONTRACT, 1204), amountText(COIN, 5)], ["1,204 contracts", "5 BTC"]);
  assert.equal(priceText(CONTRACT, null), "–");
});

Deno.test("a change whose hour is not there yet says since when it is counted", () => {
  const nowMs = Date.UTC(2026, 7, 1, 18);
  assert.equal(changeSpan(row({ referenceMs: nowMs - 35 * 60_000 }), nowMs), "since 17:25");
  assert.equal(changeSpan(row({ referenceMs: nowMs - 3_600_000 }), nowMs), "1h");
});

Deno.test("levels are put together away from the middle, and no size is lost", () => {
  const asks: [number, number][] = [[100.1, 1], [100.9, 2], [101, 4], [101.1, 8]];
  assert.deepEqual(groupLevels(asks, { decimals: 1, group: 10, isAsk: true }), [[101, 7], [
    102,
    8,
  ]]);
  const bids: [number, number][] = [[100, 1], [99.9, 2], [99.1, 4]];
  assert.deepEqual(groupLevels(bids, { decimals: 1, group: 10, isAsk: false }), [[100, 1], [
    99,
    6,
  ]]);
});

Deno.test("zeros at the end of a size are apart", () => {
  assert.deepEqual(sizeParts(0.05, 4), ["0.05", "00"]);
  assert.deepEqual(sizeParts(12, 2), ["12", ".00"]);
  assert.deepEqual(sizeParts(1200, 0), ["1,200", ""]);
});

Deno.test("a size that is too long for its column is rounded, and none becomes zero", () => {
  assert.deepEqual(sizeParts(0.12345678, 8), ["0.12345678", ""]);
  assert.deepEqual(sizeParts(1234567.12345678, 8), ["1,234,567.1", ""]);
  assert.deepEqual(sizeParts(123456789.12345678, 8), ["123.5M", ""]);
  assert.deepEqual(sizeParts(99887766.5, 8, sizeCharsMax(12)), ["99.89M", ""]);
  assert.deepEqual(sizeParts(0.5, 8, sizeCharsMax(12)), ["0.5", "0000"]);
  assert.deepEqual(sizeParts(0.00000012, 8, sizeCharsMax(12)), ["<0.0001", ""]);
  assert.deepEqual(sizeParts(0.00012, 8, sizeCharsMax(12)), ["0.00012", ""]);
});

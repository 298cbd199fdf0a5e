import assert from "node:assert/strict";
import { type Candle, Candles, profileOf, vwapOf } from "./candles.ts";

function candle(start: number, close: number, more: Partial<Candle> = {}): Candle {
  const prices = { open: close, high: close, low: close, close };
  return { start, ...prices, volume: 1, trades: 1, gap: false, ...more };
}

function print(ms: number, price: number) {
  return { price, size: 2, side: "buy", ms, recvMs: ms + 5, seq: 1 };
}

Deno.test("intervals in which nothing traded stay empty: no candle is drawn across them", () => {
  const candles = new Candles("1s");
  candles.take([candle(1000, 10), candle(4000, 11)], []);
  const slots = candles.slots(5999).map(({ start, candle }) => [start, candle?.close]);
  assert.deepEqual(slots, [[1000, 10], [2000, undefined], [3000, undefined], [4000, 11], [
    5000,
    undefined,
  ]]);
});

Deno.test("live trades go into the last candle or a new one; the next answer puts them right", () => {
  const candles = new Candles("1s");
  candles.take([candle(1000, 10)], []);
  candles.takePrint(print(1500, 12));
  candles.takePrint(print(2100, 9));
  assert.equal(candles.takePrint(print(1900, 99)), undefined);
  assert.deepEqual(candles.list.map(({ high, close, volume }) => [high, close, volume]), [
    [12, 12, 3],
    [9, 9, 2],
  ]);
  candles.take([candle(1000, 11), candle(2000, 8)], []);
  assert.deepEqual(candles.list.map(({ close }) => close), [11, 8]);
});

Deno.test("a gap that is told again has gone on or ended, it is not a second one", () => {
  const candles = new Candles("1s");
  const open = { reason: "disconnect", from: 5, to: null, missed: null, recovered: false };
  candles.take([], [open]);
  candles.take([], [{ ...open, to: 9, recovered: true }]);
  assert.deepEqual(candles.gaps.map(({ to }) => to), [9]);
});

Deno.test("the mean price by volume adds candles up, and one without a mean counts at its close", () => {
  const candle = { open: 1, high: 9, low: 1, trades: 1, gap: false };
  const points = vwapOf([
    { ...candle, start: 0, close: 5, volume: 0 },
    { ...candle, start: 1000, close: 5, volume: 1, vwap: 4 },
    { ...candle, start: 2000, close: 8, volume: 3 },
  ]);
  assert.deepEqual(points, [{ startMs: 1000, value: 4 }, { startMs: 2000, value: 7 }]);
});

Deno.test("a candle's volume lies evenly between its low and its high, and none is lost", () => {
  const bins = profileOf([
    candle(0, 10, { low: 10, high: 14, volume: 8 }),
    candle(1000, 14, { volume: 5 }),
    candle(2000, 11, { low: 11, high: 12, volume: 1 }),
  ], 4);
  assert.deepEqual(bins, [
    { low: 10, high: 11, volume: 2 },
    { low: 11, high: 12, volume: 3 },
    { low: 12, high: 13, volume: 2 },
    { low: 13, high: 14, volume: 7 },
  ]);
  assert.deepEqual(profileOf([candle(0, 10)], 4), []);
  assert.deepEqual(profileOf([], 4), []);
});

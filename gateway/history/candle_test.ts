import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { GATEWAY_LIMITS } from "../limits.ts";
import { type Candle, Candles, isTooLate, timeOf, valueOf } from "@ssmd/dataset/series";
import { CandleCache } from "./candle_cache.ts";
import { DAY_US, historyRig, tradeAt } from "./testing/history_rig.ts";

const MINUTE_US = 60_000_000;

/** A candle in the figures that a client gets. */
function figures(candle: Candle) {
  const { startUs, open, high, low, close, trades, volume, buyVolume, notional } = candle;
  const sums = [volume, buyVolume, notional].map(valueOf);
  return { startUs, open, high, low, close, trades, sums };
}

/** Candles by their plain definition: sort, group, first, last, most, least. */
function defined(trades: readonly Trade[], intervalUs: number) {
  const order = (trade: Trade) => [timeOf(trade, "venue"), trade.receivedAtUs, trade.sequence];
  const sorted = [...trades].sort((a, b) => {
    const [x, y] = [order(a), order(b)];
    return (x[0] ?? 0) - (y[0] ?? 0) || (x[1] ?? 0) - (y[1] ?? 0) || (x[2] ?? 0) - (y[2] ?? 0);
  });
  const startOf = (trade: Trade) => Math.floor(timeOf(trade, "venue") / intervalUs) * intervalUs;
  return [...Map.groupBy(sorted, startOf)].map(([startUs, group]) => {
    const prices = group.map(({ price }) => price);
    const sum = (of: (trade: Trade) => number) =>
      Number(group.reduce((all, trade) => all + of(trade), 0).toPrecision(12));
    return {
      ...{ startUs, open: prices[0], high: Math.max(...prices), low: Math.min(...prices) },
      ...{ close: prices.at(-1), trades: group.length },
      sums: [
        sum(({ size }) => size),
        sum(({ size, side }) => side === "buy" ? size : 0),
        sum(({ price, size }) => price * size),
      ],
    };
  });
}

/** Trades in order of receipt, whose own times are earlier, some much. */
const TRADES = fc.array(
  fc.record({
    step: fc.integer({ min: 0, max: 40_000_000 }),
    late: fc.oneof(
      fc.integer({ min: 0, max: 2_000_000 }),
      fc.integer({ min: 0, max: 20 * MINUTE_US }),
    ),
  }),
  { minLength: 1, maxLength: 80, size: "max" },
).map((items) => {
  let us = DAY_US + 3 * MINUTE_US * 60;
  return items.map(({ step, late }, i) => tradeAt(us += step, i + 1, us - late));
});

Deno.test("candles are what their definition says, in whatever order trades come", () => {
  fc.assert(
    fc.property(
      TRADES.chain((trades) => fc.shuffledSubarray(trades, { minLength: trades.length })),
      fc.constantFrom(1_000_000, 5_000_000, MINUTE_US, 5 * MINUTE_US),
      (trades, intervalUs) => {
        const candles = new Candles(intervalUs);
        for (const trade of trades) candles.add(trade, timeOf(trade, "venue"));
        const found = candles.between(0, Infinity).map(figures);
        assert.deepEqual(found, defined(trades, intervalUs));
      },
    ),
  );
});

Deno.test("candles put together from parts are those of all trades", () => {
  fc.assert(fc.property(TRADES, (trades) => {
    const [minutes, hours] = [new Candles(MINUTE_US), new Candles(60 * MINUTE_US)];
    for (const trade of trades) minutes.add(trade, timeOf(trade, "venue"));
    for (const part of minutes.between(0, Infinity)) hours.merge(part);
    const found = hours.between(0, Infinity).map(figures);
    assert.deepEqual(found, defined(trades, 60 * MINUTE_US));
  }));
});

Deno.test("candles of memory, live minutes and archive are those of all trades that are not too late", async () => {
  await fc.assert(
    fc.asyncProperty(
      TRADES,
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.constantFrom(1_000_000, MINUTE_US, 15 * MINUTE_US, 60 * MINUTE_US),
      async (trades, share, intervalUs) => {
        const { archive, candles, market, take } = historyRig();
        await archive.write(trades);
        for (const trade of trades.slice(Math.floor(share * trades.length))) take(trade);
        const last = (trades.at(-1) as Trade).receivedAtUs;
        const toUs = (Math.floor(last / intervalUs) + 1) * intervalUs;
        const fromUs = Math.max(
          toUs - GATEWAY_LIMITS.candlesMax * intervalUs,
          Math.floor(DAY_US / intervalUs) * intervalUs,
        );
        const requested = { market, intervalUs, clock: "venue" as const, fromUs, toUs };
        const wanted = defined(
          trades.filter((trade) => !isTooLate(trade, timeOf(trade, "venue"))),
          intervalUs,
        ).filter(({ startUs }) => startUs >= fromUs);
        // Twice: the second answer comes from what was remembered.
        for (let i = 0; i < 2; i++) {
          const { candles: found, gaps } = await candles.candles(requested);
          assert.deepEqual(found.map(figures), wanted);
          assert.ok(gaps.every(({ reason }) => reason === "not_archived_yet"));
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a cache of candles keeps its limit and lets go what was not used longest", () => {
  const cache = new CandleCache(3);
  const entry = { candles: [], late: 0 };
  for (const key of ["a", "b", "c"]) cache.set(key, entry);
  cache.get("a");
  cache.set("d", entry);
  assert.deepEqual(["a", "b", "c", "d"].map((key) => cache.get(key) !== undefined), [
    ...[true, false, true, true],
  ]);
  assert.equal(cache.size, 3);
});

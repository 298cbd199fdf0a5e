import assert from "node:assert/strict";
import { Arrivals } from "./arrivals.ts";
import { ModelExchange } from "./exchange.ts";
import { KRAKEN_SYMBOLS, krakenMarket } from "../kraken/symbols.ts";
import { Random } from "./prng.ts";

Deno.test("the model comes in bursts at the mean rate that was asked", () => {
  const arrivals = new Arrivals(new Random(4, "test"), 50);
  let seconds = 0;
  const counts: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    seconds += arrivals.next();
    const second = Math.floor(seconds);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  const mean = 100_000 / seconds;
  assert.ok(mean > 45 && mean < 55, `${mean}`);
  const filled = Array.from(counts, (count) => count ?? 0);
  const variance = filled.reduce((sum, count) => sum + (count - mean) ** 2, 0) / filled.length;
  // A Poisson process has variance = mean.
  assert.ok(variance > 2.5 * mean, `${variance}`);
});

Deno.test("the model's books stay deep, uncrossed and near their fair price", () => {
  const specs = KRAKEN_SYMBOLS.map(krakenMarket);
  const exchange = new ModelExchange({ seed: 2, specs, ratePerSecond: 100 });
  let trades = 0;
  for (let i = 0; i < 60_000; i++) {
    const market = exchange.markets[exchange.step()];
    assert.ok(market !== undefined && !market.book.crossed);
    trades += market.trades.length;
  }
  for (const { book, spec } of exchange.markets) {
    assert.ok(Math.min(book.bids.length, book.asks.length) >= 1000, spec.external);
    const middle = ((book.bids.prices[0] ?? 0) + (book.asks.prices[0] ?? 0)) / 2;
    assert.ok(Math.abs(middle / spec.fair.value - 1) < 0.003, spec.external);
  }
  assert.ok(trades > 5000);
});

Deno.test("no size of the model is dust: all are whole steps of a usual one's hundredth", () => {
  const specs = KRAKEN_SYMBOLS.map(krakenMarket);
  const exchange = new ModelExchange({ seed: 5, specs, ratePerSecond: 100 });
  const sizes = new Map(specs.map(({ external }) => [external, new Set<number>()]));
  for (let i = 0; i < 20_000; i++) {
    const market = exchange.markets[exchange.step()];
    for (const { size } of market?.trades ?? []) sizes.get(market?.spec.external ?? "")?.add(size);
  }
  for (const { book, spec } of exchange.markets) {
    const seen = sizes.get(spec.external) ?? new Set();
    for (const side of [book.bids, book.asks]) {
      for (const price of side.prices) seen.add(side.sizeAt(price));
    }
    const leastTypical = 10 ** Math.floor(Math.log10(spec.typicalSize));
    const dust = [...seen].filter((size) => size % (leastTypical / 100) !== 0 || size <= 0);
    assert.deepEqual(dust, [], spec.external);
    assert.ok(seen.size > 20, spec.external);
  }
});

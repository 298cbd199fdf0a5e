import assert from "node:assert/strict";
import { krakenMarket } from "../kraken/symbols.ts";
import { ModelExchange } from "../model/exchange.ts";
import type { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import type { TradingOptions } from "../options.ts";
import { MatchingEngine, type Order, type OrderEvent, type OrderRequest } from "./engine.ts";
import { SpotAccount } from "./spot_account.ts";

interface Trading {
  exchange: ModelExchange;
  market: ModelMarket;
  account: SpotAccount;
  engine: MatchingEngine;
  events: OrderEvent[];
  submit(more: Partial<OrderRequest>): Promise<Order | undefined>;
}

function openTrading(options: Partial<TradingOptions> = {}): Trading {
  const specs = [krakenMarket({ external: "BTC/USD" })];
  const exchange = new ModelExchange({ seed: 3, specs, ratePerSecond: 100 });
  const market = exchange.markets[0] as ModelMarket;
  const fees = { makerFee: 0.25, takerFee: 0.4, latencyMs: 0, fillShare: 1 };
  const trading = { ...fees, balances: { USD: 1_000_000, BTC: 10 }, ...options };
  const account = new SpotAccount(["BTC/USD"], trading);
  let ids = 0;
  const engine = new MatchingEngine({
    ...{ account, trading, newId: () => String(++ids), nowUs: () => 0 },
    ...{ begin: () => {}, publish: () => {}, flush: () => {} },
  });
  const events: OrderEvent[] = [];
  engine.listen((event) => events.push(event));
  const usual = { market, buys: true, limit: undefined, immediate: true, postOnly: false };
  return {
    ...{ exchange, market, account, engine, events },
    submit: (more) => engine.submit({ ...usual, size: 1e6, ...more }),
  };
}

Deno.test("an order takes levels best first up to its limit, and its rest waits in the book", async () => {
  const { market, submit } = openTrading();
  const { bids, asks } = market.book;
  const [prices, sizes] = [asks.prices.slice(0, 4), asks.sizes.slice(0, 4)];
  const [, , limit = 0] = prices;
  const wanted = (sizes[0] ?? 0) + (sizes[1] ?? 0) + (sizes[2] ?? 0) + 500;
  const order = await submit({ size: wanted, limit, immediate: false });
  assert.ok(order);
  assert.deepEqual(
    order.fills.map(({ price, size }) => [price, size]),
    prices.slice(0, 3).map((price, i) => [price, sizes[i]]),
  );
  assert.deepEqual(market.trades.map(({ price }) => price), prices.slice(0, 3));
  assert.deepEqual([order.status, order.left], ["open", 500]);
  assert.equal(asks.prices[0], prices[3]);
  assert.deepEqual([bids.prices[0], bids.sizes[0]], [limit, 500]);
});

Deno.test("with a share of 0.25 others empty the levels that an order goes through", async () => {
  const { market, submit } = openTrading({ fillShare: 0.25 });
  const [first = 0, second = 0] = market.book.asks.sizes;
  const order = await submit({ size: Math.floor(first * 0.25) + 1000 });
  assert.deepEqual(order?.fills.map(({ size }) => size), [Math.floor(first * 0.25), 1000]);
  assert.equal(market.book.asks.sizes[0], second - 4000);
  const printed = market.trades.reduce((sum, { size }) => sum + size, 0);
  assert.equal(printed, first + 4000);
});

Deno.test("with a latency an order meets the book of the moment at which it arrives", async () => {
  const { market, submit, events } = openTrading({ latencyMs: 30 });
  const started = performance.now();
  const sent = submit({ size: 1000 });
  const earlier = await submit({
    buys: false,
    limit: market.book.asks.prices[0],
    immediate: false,
  });
  assert.ok(performance.now() - started >= 29);
  assert.deepEqual(events.map(({ type }) => type).slice(0, 3), ["accepted", "trade", "filled"]);
  assert.deepEqual([(await sent)?.status, earlier?.status], ["filled", "open"]);
});

Deno.test("post only, an order of one's own ahead and too little money are refused or canceled", async () => {
  const { market, submit, engine } = openTrading();
  const ask = market.book.asks.prices[0] ?? 0;
  const taking = await submit({ limit: ask, immediate: false, postOnly: true });
  assert.deepEqual([taking?.status, taking?.reason], ["canceled", "Post only order"]);
  const between = market.spec.neighbour(ask, -1);
  const own = await submit({ buys: false, limit: between, immediate: false });
  assert.equal(own?.status, "open");
  const crossing = await submit({});
  assert.deepEqual([crossing?.status, crossing?.reason], ["canceled", "Self trade prevention"]);
  assert.equal(await submit({ size: 1e8 * 1e4, limit: ask }), undefined);
  assert.equal(await submit({ buys: false, size: 1e8 * 10 }), undefined, "0.01 are held");
  assert.equal(await engine.cancel(own?.id ?? ""), true);
  assert.equal(await engine.cancel(own?.id ?? ""), false);
  assert.equal(market.book.asks.prices[0], ask);
});

Deno.test("through thousands of events no book crosses and no money appears or is lost", async () => {
  const { exchange, market, account, engine, events, submit } = openTrading();
  const random = new Random(11, "client");
  let makers = 0;
  for (let i = 0; i < 6000; i++) {
    exchange.step();
    engine.settle(market);
    const { bids, asks } = market.book;
    const [bid = 0, ask = 0] = [bids.prices[0], asks.prices[0]];
    assert.ok(bid < ask, `event ${i}: ${bid} ${ask}`);
    for (const { buys, price, ahead, left } of engine.open()) {
      const level = market.book[buys ? "bids" : "asks"].sizeAt(price);
      assert.ok(left > 0 && ahead >= 0 && ahead + left <= level, `event ${i}`);
    }
    if (random.unit() > 0.1) continue;
    const [oldest] = engine.open();
    if (oldest !== undefined && random.unit() < 0.3) await engine.cancel(oldest.id);
    const buys = random.unit() < 0.5;
    const limit = (buys ? bid : ask) + random.below(41) - 20;
    await submit({ buys, limit, immediate: random.unit() < 0.2, size: 1 + random.below(3e6) });
  }
  let [usd, btc] = [10n ** 16n, 10n ** 11n];
  for (const event of events) {
    if (event.type !== "trade") continue;
    const { cost, fee, size, isMaker, order } = event.fill;
    if (isMaker) makers++;
    usd += (order.buys ? -cost : cost) - fee;
    btc += BigInt(order.buys ? size : -size) * 100n;
  }
  assert.deepEqual([account.balances.get("USD"), account.balances.get("BTC")], [usd, btc]);
  assert.ok(makers > 50, `${makers} fills of resting orders`);
  for (const { status, size, left, fills } of engine.orders.values()) {
    assert.equal(fills.reduce((sum, fill) => sum + fill.size, 0), size - left);
    assert.equal(status === "filled", left === 0);
  }
});

Deno.test("every quote currency starts with money, in whatever order the pairs are named", () => {
  const fees = { makerFee: 0, takerFee: 0 };
  for (const symbols of [["ETH/BTC", "BTC/USD"], ["BTC/USD", "ETH/BTC"]]) {
    const { balances } = new SpotAccount(symbols, fees);
    const start = Object.fromEntries(balances);
    assert.deepEqual(start, { USD: 10n ** 15n, BTC: 10n ** 15n, ETH: 0n }, symbols.join());
  }
});

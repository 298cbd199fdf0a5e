import assert from "node:assert/strict";
import fc from "fast-check";
import type { FakeConnector } from "../testing/fake_connector.ts";
import { withGateway } from "../testing/gateway_rig.ts";
import type { StreamClient } from "../testing/stream_client.ts";

const SYMBOLS = ["BTCUSD", "ETHUSD", "KXBTC-26.5"] as const;

const level = fc.record({
  price: fc.integer({ min: 1, max: 30 }),
  size: fc.integer({ min: 0, max: 3 }),
});
const symbol = fc.constantFrom(...SYMBOLS);
const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant("delta" as const), symbol, level }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("trade" as const), symbol }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("snapshot" as const), symbol }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("checksum" as const), symbol }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disconnect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("resubscribe" as const), symbol }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), symbol }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("breathe" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(steps: readonly Step[], connector: FakeConnector, client: StreamClient) {
  for (const one of steps) {
    switch (one.do) {
      case "delta":
        connector.delta(one.symbol, [one.level], [{ ...one.level, price: one.level.price + 40 }]);
        break;
      case "trade":
        connector.trade(one.symbol, 1);
        break;
      case "snapshot":
        connector.snapshot(one.symbol);
        break;
      case "checksum":
        connector.gap("checksum", false, one.symbol);
        connector.snapshot(one.symbol);
        connector.gap("checksum", true, one.symbol);
        break;
      case "disconnect":
      case "restart":
        if (one.do === "restart") connector.restart();
        connector.gap("disconnect", false);
        connector.gap("disconnect", true);
        for (const name of connector.books.keys()) connector.snapshot(name);
        break;
      case "resubscribe":
        client.send({ action: "subscribe", symbols: [one.symbol], types: ["orderbook"] });
        break;
      case "unsubscribe":
        client.send({ action: "unsubscribe", symbols: [one.symbol] });
        break;
      case "breathe":
        await client.settle();
    }
  }
}

Deno.test("whatever happens in whatever order, a client's book ends as the true book", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 120 }),
      (steps) =>
        withGateway(async ({ connector, client }) => {
          const one = await client();
          await play(steps, connector, one);
          one.send({ action: "subscribe", symbols: [...SYMBOLS], types: ["orderbook"] });
          // Changes make the gateway ask for the books it does not know yet.
          for (const name of SYMBOLS) connector.delta(name, [{ price: 99, size: 1 }], []);
          await one.when(() => SYMBOLS.every((name) => one.books.get(name)?.bids.sizeAt(99) === 1));
          await one.settle();
          for (const name of SYMBOLS) {
            const [mine, truth] = [one.books.get(name), connector.books.get(name)];
            assert.deepEqual(mine?.bids.prices, truth?.bids.prices);
            assert.deepEqual(mine?.bids.sizes, truth?.bids.sizes);
            assert.deepEqual(mine?.asks.prices, truth?.asks.prices);
            assert.deepEqual(mine?.asks.sizes, truth?.asks.sizes);
          }
          assert.deepEqual(one.violations, []);
        }),
    ),
    { numRuns: 40, seed: 42 },
  );
});

Deno.test("changes that come while a snapshot is under way are neither lost nor repeated", () =>
  withGateway(async ({ connector, client }) => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => letGo = resolve);
    connector.delta("BTCUSD", [{ price: 1, size: 1 }], []);
    await connector.answer(() => held);
    const one = await client("?symbols=BTCUSD&types=orderbook");
    while (connector.requests === 0) await one.settle();
    for (let i = 2; i <= 50; i++) connector.delta("BTCUSD", [{ price: i, size: 1 }], []);
    connector.delta("BTCUSD", [{ price: 1, size: 0 }], []);
    letGo();
    await one.when(() => one.count("orderbook") >= 51);
    assert.deepEqual(
      one.books.get("BTCUSD")?.bids.prices,
      connector.books.get("BTCUSD")?.bids.prices,
    );
    assert.equal(one.of("orderbook").length, 51);
    assert.deepEqual(one.violations, []);
  }, false));

Deno.test("a snapshot made before a gap is not taken for the book after it", () =>
  withGateway(async ({ connector, client }) => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => letGo = resolve);
    connector.delta("BTCUSD", [{ price: 1, size: 1 }], []);
    let first = true;
    await connector.answer(() => {
      const wait = first ? held : Promise.resolve();
      first = false;
      return wait;
    });
    const one = await client("?symbols=BTCUSD&types=orderbook");
    while (connector.requests === 0) await one.settle();
    connector.gap("disconnect", false);
    letGo();
    await one.settle();
    assert.equal(one.of("orderbook").length, 0);
    connector.gap("disconnect", true);
    connector.delta("BTCUSD", [{ price: 2, size: 1 }], []);
    await one.when(() => one.books.get("BTCUSD")?.bids.length === 2);
    assert.deepEqual(one.violations, []);
  }, false));

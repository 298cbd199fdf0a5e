import assert from "node:assert/strict";
import { capturedEnvironment, recordCaptured } from "./captured_environment.ts";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";
import { type StoringBus, tellChoice } from "./environment_change.ts";

const BTC = { feed: "kraken", external: "BTC/USD", tier: 1 };
const ETH = { feed: "kraken", external: "ETH/USD", tier: 2 };
const SOL = { feed: "kraken", external: "SOL/USD", tier: 2 };

function sharded(symbols: object, select: object[] = []): Environment {
  return ENVIRONMENT_FILE.parse({
    ...{ name: "test", feeds: ["kraken", "kalshi"], schema: "v1", symbols, select },
    shards: { one: { selector: { tier: 1 } }, two: { selector: { tier: 2 } } },
    ...{ transport: { type: "memory" }, storage: { type: "memory" } },
  });
}

/** A bus that keeps the newest value of each key. */
function bus(): StoringBus {
  const values = new Map<string, { value: Uint8Array; revision: number }>();
  let revision = 0;
  return {
    keyValue: () =>
      Promise.resolve({
        get: (key) => Promise.resolve(values.get(key)),
        put: (key, value) => {
          values.set(key, { value, revision: ++revision });
          return Promise.resolve(revision);
        },
        watch: () => Promise.reject(new Error("unused")),
      }),
  };
}

async function capturedOn(store: StoringBus, file: Environment): Promise<Environment["symbols"]> {
  return (await capturedEnvironment(store, file)).symbols;
}

Deno.test("a shard that starts with a newer file says nothing of another shard's markets", async () => {
  const [before, after] = [sharded({ BTC, ETH }), sharded({ BTC, SOL })];
  const store = bus();
  for (const shard of ["one", "two"]) {
    await recordCaptured(store, { feed: "kraken", shard }, before);
  }
  await recordCaptured(store, { feed: "kraken", shard: "one" }, after);
  assert.deepEqual(await capturedOn(store, after), { BTC, ETH });
  await recordCaptured(store, { feed: "kraken", shard: "two" }, after);
  assert.deepEqual(await capturedOn(store, after), { BTC, SOL });
});

Deno.test("a market that moves stays with its shard until that has the newer file", async () => {
  const moved = { ...ETH, tier: 1 };
  const [before, after] = [sharded({ BTC, ETH }), sharded({ BTC, ETH: moved, SOL })];
  const store = bus();
  await tellChoice(store, before);
  await recordCaptured(store, { feed: "kraken", shard: "one" }, after);
  assert.deepEqual(await capturedOn(store, after), { BTC, ETH });
  await tellChoice(store, after);
  assert.deepEqual(await capturedOn(store, after), { BTC, ETH: moved, SOL });
});

Deno.test("a rule is captured as the shard of its feed has read it", async () => {
  const rule = { feed: "kalshi", series: "KXBTC15M", status: "active" };
  const shards = { one: { selector: { feed: "kraken" } }, two: { selector: { feed: "kalshi" } } };
  const [before, after] = [{ ...sharded({ BTC }), shards }, {
    ...sharded({ BTC }, [rule]),
    shards,
  }];
  const store = bus();
  await tellChoice(store, before);
  await recordCaptured(store, { feed: "kalshi", shard: "one" }, after);
  assert.equal((await capturedEnvironment(store, after)).select, undefined);
  await recordCaptured(store, { feed: "kalshi", shard: "two" }, after);
  assert.deepEqual((await capturedEnvironment(store, after)).select, [rule]);
});

import assert from "node:assert/strict";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";
import {
  environmentChange,
  followSymbols,
  type StoringBus,
  symbolsOfFeed,
  tellSymbols,
} from "./environment_change.ts";

function environment(symbols: object, more: object = {}): Environment {
  return ENVIRONMENT_FILE.parse({
    ...{ name: "test", feeds: ["kraken"], schema: "v1", symbols },
    ...{ transport: { type: "memory" }, storage: { type: "memory" } },
    ...more,
  });
}

const BTC = { feed: "kraken", external: "BTC/USD" };
const ETH = { feed: "kraken", external: "ETH/USD" };

Deno.test("markets that come, go and change are told apart, and nothing else is taken live", () => {
  const running = environment({ BTCUSD: BTC, ETHUSD: ETH });
  const file = environment(
    { BTCUSD: { ...BTC, depth: 25 }, SOLUSD: { feed: "kraken", external: "SOL/USD" } },
    { storage: { type: "local", path: "./data" }, gateway: { port: 9090 } },
  );
  assert.deepEqual(environmentChange(running, file), {
    added: ["SOLUSD"],
    takenOff: ["ETHUSD"],
    changed: ["BTCUSD"],
    needsRestart: ["gateway", "storage"],
  });
  assert.deepEqual(environmentChange(file, file), {
    ...{ added: [], takenOff: [], changed: [], needsRestart: [] },
  });
});

Deno.test("who follows gets each change from now on, and no nonsense", async () => {
  type Change = { key: string; value: Uint8Array | undefined };
  const watches: ((change: Change) => void)[] = [];
  const values: Change[] = [];
  const bus: StoringBus = {
    keyValue: () =>
      Promise.resolve({
        put: (key, value) => {
          values.push({ key, value });
          for (const watch of watches) watch({ key, value });
          return Promise.resolve(values.length);
        },
        watch: (onChange, onCurrent) => {
          for (const value of values) onChange(value);
          onCurrent?.();
          watches.push(onChange);
          return Promise.resolve({ unsubscribe: () => {} });
        },
      }),
  };
  await tellSymbols(bus, environment({ BTCUSD: BTC }).symbols);
  const reported: string[][] = [];
  await followSymbols(bus, (symbols) => reported.push(Object.keys(symbols)));
  assert.deepEqual(reported, []);
  const { symbols } = environment({ ETHUSD: { ...ETH, depth: 10 } });
  await tellSymbols(bus, symbols);
  for (const watch of watches) watch({ key: "symbols", value: new TextEncoder().encode("[1") });
  for (const watch of watches) watch({ key: "other", value: new Uint8Array() });
  assert.deepEqual(reported, [["ETHUSD"]]);
  const spec = { symbol: "ETHUSD", external: "ETH/USD", depth: 10 };
  assert.deepEqual(symbolsOfFeed(symbols, "kraken"), [spec]);
  assert.deepEqual(symbolsOfFeed(symbols, "kalshi"), []);
});

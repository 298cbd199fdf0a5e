import assert from "node:assert/strict";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";
import { environmentChange } from "./environment_change.ts";

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
    {
      select: [{ feed: "kraken", quote: "EUR" }],
      storage: { type: "local", path: "./data" },
      gateway: { port: 9090 },
    },
  );
  assert.deepEqual(environmentChange(running, file), {
    added: ["SOLUSD"],
    takenOff: ["ETHUSD"],
    changed: ["BTCUSD"],
    otherRules: true,
    needsRestart: ["gateway", "storage"],
  });
  assert.deepEqual(environmentChange(file, file), {
    ...{ added: [], takenOff: [], changed: [], otherRules: false, needsRestart: [] },
  });
});

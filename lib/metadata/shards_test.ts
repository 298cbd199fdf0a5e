import assert from "node:assert/strict";
import { loadEnvironment } from "./registry.ts";
import { symbolsByShard } from "./shards.ts";

const DIR = new URL("../../exchanges/", import.meta.url).pathname;

Deno.test("each symbol belongs to the shard whose selector it matches", async () => {
  const environment = await loadEnvironment(DIR, "demo-shards");
  const names = [...symbolsByShard(environment)].map(([shard, symbols]) => [
    shard,
    Object.keys(symbols),
  ]);
  assert.deepEqual(names, [
    ["tier1", ["BTCUSD", "KXSIMBTC-26DEC31-T99999.99"]],
    ["tier2", ["ETHUSD", "SOLUSD", "KXSIMRAIN-26DEC31-NYC"]],
  ]);
});

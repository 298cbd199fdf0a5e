import assert from "node:assert/strict";
import { loadEnvironment } from "./registry.ts";
import { shardMoves, shardsOfFeed, symbolsByShard, symbolsOfShard } from "./shards.ts";

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
  assert.deepEqual(shardsOfFeed(environment, "kalshi"), ["tier1", "tier2"]);
  assert.deepEqual(Object.keys(symbolsOfShard(environment, undefined)).length, 5);
});

Deno.test("a changed attribute moves exactly that symbol", async () => {
  const before = await loadEnvironment(DIR, "demo-shards");
  const after = structuredClone(before);
  Object.assign(after.symbols["SOLUSD"] ?? {}, { tier: 1 });
  delete after.symbols["ETHUSD"];
  assert.deepEqual(shardMoves(before, after), [
    { symbol: "ETHUSD", from: "tier2", to: null },
    { symbol: "SOLUSD", from: "tier2", to: "tier1" },
  ]);
});

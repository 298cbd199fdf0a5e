import assert from "node:assert/strict";
import { type Environment, ENVIRONMENT_FILE, tellChoice } from "@ssmd/metadata";
import { VENUES } from "@ssmd/exchanges";
import { Health, silentLogger, sleep } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import type { Connector } from "./connector.ts";
import { feedShardOf, FollowedShard } from "./feed_shard.ts";
import { followFeed } from "./follow_symbols.ts";

Deno.test("a shard that gets a market is waited for at once, one without any for a while", () => {
  let nowMs = 0;
  const shard = new FollowedShard("one", ["one"], () => nowMs);
  shard.change(["one", "two"]);
  assert.deepEqual(shard.all, ["one", "two"]);
  shard.change(["one"]);
  nowMs = 29_999;
  assert.deepEqual(shard.all, ["one", "two"]);
  nowMs = 30_000;
  assert.deepEqual(shard.all, ["one"]);
  shard.change(["two"]);
  nowMs = 90_000;
  assert.deepEqual(shard.all, ["one", "two"], "its own watermarks go on while it runs");
});

const BTC = { feed: "kraken", external: "BTC/USD", tier: 1 };
const environment: Environment = ENVIRONMENT_FILE.parse({
  ...{ name: "test", feeds: ["kraken"], schema: "v1", symbols: { BTCUSD: BTC } },
  shards: { one: { selector: { tier: 1 } }, two: { selector: { tier: 2 } } },
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});

Deno.test("watermarks of a running connector name a shard that is applied later", async () => {
  const bus = memoryTransport();
  const shard = feedShardOf(environment, "kraken", "one");
  assert.deepEqual(shard?.all, ["one"]);
  const connector = {
    hearNews: () => {},
    changeSymbols: (specs: readonly unknown[]) =>
      Promise.resolve({ added: specs.length, takenOff: 0 }),
  } as unknown as Connector;
  const venue = VENUES["kraken"];
  assert.ok(venue);
  const following = await followFeed(connector, {
    ...{ environment, feed: "kraken", shard, venue, bus, instruments: new Map() },
    readEnvironment: () => Promise.resolve(environment),
    ...{ logger: silentLogger, health: new Health().component("connector", "kraken") },
  });
  const ETH = { feed: "kraken", external: "ETH/USD", tier: 2 };
  await tellChoice(bus, { symbols: { BTCUSD: BTC, ETHUSD: ETH } });
  while (shard.all.length === 1) await sleep(5);
  assert.deepEqual(shard.all, ["one", "two"]);
  await following.close();
  await bus.close();
});

import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { releaseAbandonedShard, ShardOwners } from "@ssmd/connector";
import { subjectOf } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";

const OF = { env: "test", feed: "kraken", shard: "tier1" };
const AT_US = 1_790_000_000_000_000;

async function publishTrades(bus: Transport, symbol: string, ids: readonly number[]) {
  const publisher = bus.publisher();
  const encoder = new Encoder();
  for (const id of ids) {
    const payload = encoder.encode({
      ...{ type: "trade", feed: "kraken", symbol, tradeId: String(id), sequence: id },
      ...{ timestampUs: AT_US + id, receivedAtUs: AT_US + 10 * id },
      ...{ price: 1, size: 1, side: "buy" },
    });
    const subject = subjectOf(OF.env, OF.feed, "trade", symbol);
    publisher.publish({ subject, payload: payload.slice(), id: `run1-${id}-0` });
  }
  await publisher.flush();
  await publisher.close();
}

Deno.test({
  name: "what an abandoned shard had is released from its last record on the bus on",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const config = { type: "nats", url: server.url, shards: ["tier1", "tier2"] } as const;
    const bus = await openTransport(config, OF);
    try {
      const own = await ShardOwners.open(bus, OF);
      const other = await ShardOwners.open(bus, { ...OF, shard: "tier2" });
      assert.ok(await own.set({ symbol: "BTCUSD", external: "BTC/USD" }));
      assert.ok(await own.set({ symbol: "A.B=C", external: "abc" }));
      assert.ok(await other.set({ symbol: "ETHUSD", external: "ETH/USD" }));
      const sinceUs = own.of("A.B=C")?.sinceUs as number;
      await publishTrades(bus, "BTCUSD", [1, 2]);
      // It is one of those that run.
      let isRunning = true;
      const running = (async () => {
        for (let id = 10; isRunning; id++) await publishTrades(bus, "ETHUSD", [id]);
      })();
      await assert.rejects(
        releaseAbandonedShard(bus, OF),
        (error) => error instanceof SsmdError && error.code === "SHARD_RUNNING",
      );
      isRunning = false;
      await running;
      assert.deepEqual((await releaseAbandonedShard(bus, OF)).sort(), ["A.B=C", "BTCUSD"]);
      const now = await ShardOwners.open(bus, { ...OF, shard: "tier2" });
      assert.equal(now.of("ETHUSD")?.released, undefined);
      assert.deepEqual(now.of("A.B=C")?.released, { fromUs: sinceUs });
      assert.deepEqual(now.of("BTCUSD")?.released, {
        fromUs: Math.max(AT_US + 20, now.of("BTCUSD")?.sinceUs ?? 0),
        carried: { "BTC/USD": { trade: [2, AT_US + 20, AT_US + 2] } },
      });
      assert.deepEqual(await releaseAbandonedShard(bus, OF), []);
      for (const each of [own, other, now]) each.close();
    } finally {
      await bus.close();
      await server.stop();
    }
  },
});

import assert from "node:assert/strict";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { withGateway } from "../testing/gateway_rig.ts";

const STREAM = "ssmd-test";
/** A reader may be back before the stream's limits took what it missed. */
const TRIES_MAX = 20;

/** Ends the consumers that begin with no name of ours: those of live readers. */
async function endLiveReaders(manager: JetStreamManager): Promise<void> {
  for await (const { name, config } of manager.consumers.list(STREAM)) {
    if (config.durable_name === undefined) await manager.consumers.delete(STREAM, name);
  }
}

Deno.test({
  name:
    "what a stream's limits take away while the gateway reads anew is a gap, and the book is right",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
    const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
    const manager = await jetstreamManager(connection);
    const lastSequence = async () => (await manager.streams.info(STREAM)).state.last_seq;
    await withGateway(
      async ({ connector, client }) => {
        const level = (price: number) => [{ price, size: price }];
        connector.delta("BTCUSD", level(1), level(1000));
        const ws = await client("?symbols=BTCUSD&types=orderbook,trade");
        await ws.next("orderbook");
        let price = 1;
        const missing = () => {
          const seen = ws.of("trade").map(({ price }) => price);
          return Array.from({ length: price - 1 }, (_, i) => i + 2)
            .filter((each) => !seen.includes(each));
        };
        for (let tries = 0; tries === 0 || missing().length === 0; tries++) {
          assert.ok(tries < TRIES_MAX, "nothing was ever missed");
          await endLiveReaders(manager);
          const before = await lastSequence();
          for (let n = 0; n < 5; n++) {
            // Too few for the gateway to know it by the numbers of the feed's records.
            connector.delta("BTCUSD", level(++price), []);
            connector.trade("BTCUSD", price);
          }
          while (await lastSequence() < before + 10) await new Promise((go) => setTimeout(go, 1));
          await manager.streams.purge(STREAM, { seq: before + 8 });
          const last = price;
          await ws.next("trade", (trade) => trade["price"] === last);
        }
        const gap = await ws.next("gap");
        assert.deepEqual([gap["feed"], gap["reason"]], ["kraken", "slow"]);
        const isRight = () => ws.books.get("BTCUSD")?.bids.prices.length === price;
        await ws.when(isRight);
      },
      true,
      { transport },
    );
    await connection.close();
    await server.stop();
  },
});

import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { nowUs, withMembers } from "@ssmd/runtime";
import { openTransport, type ReadOptions } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import type { FakeConnector } from "../testing/fake_connector.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import type { Message } from "../testing/stream_client.ts";

const TRADES = { action: "subscribe", symbols: ["BTCUSD"], types: ["trade"] };
const prices = (messages: readonly Message[]) => messages.map((message) => message["price"]);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

function trades(connector: FakeConnector, from: number, to: number): void {
  for (const price of range(from, to)) connector.trade("BTCUSD", price);
}

Deno.test("a client goes on behind the last message it got: nothing is missing or repeated", () =>
  withGateway(async ({ client, connector }) => {
    const first = await client("?symbols=BTCUSD&types=trade");
    await first.next("subscribed");
    trades(connector, 1, 10);
    const last = await first.next("trade", (m) => m["price"] === 10);
    await first.close();
    trades(connector, 11, 5000);
    connector.trade("ETHUSD", 1);
    const second = await client(`?symbols=BTCUSD&types=trade&since=${last["pos"]}`);
    assert.equal((await second.next("subscribed"))["recovered"], true);
    const resumed = await second.next("resumed");
    assert.deepEqual([resumed["recovered"], resumed["count"]], [true, 4990]);
    trades(connector, 5001, 5010);
    await second.next("trade", (m) => m["price"] === 5010);
    assert.deepEqual(prices(second.of("trade")), range(11, 5010));
  }));

Deno.test("a client goes on from a time", () =>
  withGateway(async ({ client, connector }) => {
    trades(connector, 1, 10);
    // By the clock of records, which follows the system's by some milliseconds.
    const sinceMs = Math.ceil(nowUs() / 1000) + 1;
    const since = new Date(sinceMs).toISOString();
    while (nowUs() <= (sinceMs + 1) * 1000) await new Promise((resolve) => setTimeout(resolve, 1));
    trades(connector, 11, 20);
    const one = await client();
    one.send({ ...TRADES, since, id: "r" });
    const subscribed = await one.next("subscribed");
    assert.deepEqual([subscribed["id"], subscribed["recovered"]], ["r", true]);
    await one.next("resumed");
    assert.deepEqual(prices(one.of("trade")), range(11, 20));
    one.send({ ...TRADES, since: "2020-01-01T00:00:00Z", id: "old" });
    const refused = await one.next("subscribed", (m) => m["id"] === "old");
    assert.equal(refused["recovered"], false);
    assert.match(String(refused["reason"]), /older/);
  }));

Deno.test("what has left is told, and the subscription begins anew with a snapshot", () =>
  withGateway(
    async ({ client, connector }) => {
      connector.snapshot("BTCUSD");
      const one = await client("?symbols=BTCUSD&types=trade,orderbook");
      trades(connector, 1, 1);
      const last = await one.next("trade");
      await one.close();
      trades(connector, 2, 100);
      const two = await client(`?symbols=BTCUSD&types=trade,orderbook&since=${last["pos"]}`);
      const subscribed = await two.next("subscribed");
      assert.equal(subscribed["recovered"], false);
      const book = await two.next("orderbook");
      assert.equal(book["kind"], "snapshot");
      trades(connector, 101, 102);
      await two.next("trade", (m) => m["price"] === 102);
      assert.deepEqual(prices(two.of("trade")), [101, 102]);
      for (const since of [7, Number(last["pos"]) + 10_000]) {
        two.send({ ...TRADES, since, id: since });
        const answer = await two.next("subscribed", (m) => m["id"] === since);
        assert.equal(answer["recovered"], false);
      }
    },
    true,
    { recent: { messagesMax: 50 } },
  ));

Deno.test("a resumed book gets its changes, and a snapshot that confirms it", () =>
  withGateway(async ({ client, connector }) => {
    connector.snapshot("BTCUSD");
    const one = await client("?symbols=BTCUSD&types=orderbook");
    const snapshot = await one.next("orderbook");
    await one.close();
    for (let i = 1; i <= 100; i++) connector.delta("BTCUSD", [{ price: i, size: i }], []);
    const two = await client(`?symbols=BTCUSD&types=orderbook&since=${snapshot["pos"]}`);
    await two.next("resumed");
    await two.next("orderbook", (m) => m["kind"] === "snapshot");
    connector.delta("BTCUSD", [{ price: 200, size: 1 }], []);
    await two.next("orderbook", (m) => JSON.stringify(m["bids"]) === "[[200,1]]");
    const kinds = two.of("orderbook").map((m) => m["kind"]);
    assert.deepEqual(kinds, [...Array(100).fill("delta"), "snapshot", "delta"]);
    const sequences = two.of("orderbook").map((m) => m["seq"]);
    assert.deepEqual(sequences, [...range(2, 101), 101, 102]);
    // It goes on with the book of the first client, which this one does not know.
    assert.match(two.violations.splice(0).join(), /a delta before any snapshot/);
  }));

Deno.test("several requests to resume on one connection are each served from their own place", () =>
  withGateway(async ({ client, connector }) => {
    const one = await client("?symbols=BTCUSD,ETHUSD&types=trade");
    await one.next("subscribed");
    trades(connector, 1, 5);
    for (let i = 1; i <= 5; i++) connector.trade("ETHUSD", 1000 + i);
    await one.next("trade", (m) => m["price"] === 1005);
    const levelAt = (price: number) => one.of("trade").find((m) => m["price"] === price)?.["pos"];
    const two = await client();
    two.send({ action: "subscribe", symbols: ["KX*"], types: ["trade"] });
    two.send({ ...TRADES, since: levelAt(4) });
    two.send({ ...TRADES, symbols: ["ETHUSD"], since: levelAt(1002) });
    await two.next("resumed");
    await two.when(() => two.count("trade") >= 4);
    await two.settle();
    connector.trade("KXBTC-26.5", 1);
    await two.next("trade", (m) => m["price"] === 1);
    const got = (symbol: string) => prices(two.of("trade").filter((m) => m["symbol"] === symbol));
    assert.deepEqual(got("BTCUSD"), [5]);
    assert.deepEqual(got("ETHUSD"), [1003, 1004, 1005]);
    assert.deepEqual(got("KXBTC-26.5"), [1]);
  }));

Deno.test("a request that comes during a replay takes nothing from what is subscribed already", () =>
  withGateway(async ({ client, connector }) => {
    const one = await client("?symbols=ETHUSD&types=trade");
    const { pos } = await one.next("subscribed");
    // More than the buffers of the connection hold: the replay waits for the client to read.
    const large = { type: "trade", symbol: "BTCUSD", size: 1, side: "buy" } as const;
    for (const price of range(1, 3000)) {
      connector.publish({ ...large, price, tradeId: "x".repeat(10_000) });
    }
    await connector.flush();
    one.send({ ...TRADES, since: pos });
    await one.next("trade");
    for (const price of range(1, 100)) connector.trade("ETHUSD", price);
    one.send({ action: "subscribe", symbols: ["BTC*", "ETHUSD"], types: ["trade"] });
    const again = await one.next("subscribed", (m) => (m["symbols"] as string[])[0] === "BTC*");
    assert.equal(again["pos"], undefined, "the replay goes on");
    await one.next("resumed");
    await one.settle();
    const got = (symbol: string) => prices(one.of("trade").filter((m) => m["symbol"] === symbol));
    assert.deepEqual(got("BTCUSD"), range(1, 3000));
    assert.deepEqual(got("ETHUSD"), range(1, 100));
  }));

const ignore = !natsServerAvailable();

Deno.test({
  name: "what the gateway forgot, or never saw, is read back from the bus",
  ignore,
  fn: async () => {
    const server = await startNatsServer();
    const open = () => openTransport({ type: "nats", url: server.url }, { env: "test" });
    let last: Message | undefined;
    await withGateway(
      async ({ client, connector }) => {
        const one = await client("?symbols=BTCUSD&types=trade");
        await one.next("subscribed");
        trades(connector, 1, 10);
        last = await one.next("trade", (m) => m["price"] === 10);
        trades(connector, 11, 4000);
        await one.next("trade", (m) => m["price"] === 4000);
        const two = await client(`?symbols=BTCUSD&types=trade&since=${last["pos"]}`);
        await two.next("resumed");
        assert.deepEqual(prices(two.of("trade")), range(11, 4000));
      },
      true,
      { transport: await open(), recent: { messagesMax: 100 } },
    );
    await withGateway(
      async ({ client, connector, gateway }) => {
        const one = await client(`?symbols=BTC*&types=trade&since=${last?.["pos"]}`);
        await one.next("resumed");
        trades(connector, 4001, 4010);
        await one.next("trade", (m) => m["price"] === 4010);
        assert.deepEqual(prices(one.of("trade")), range(11, 4010));
        const since = new Date(Number(last?.["recv_ts"])).toISOString();
        const two = await client(`?symbols=BTCUSD&types=trade&since=${since}`);
        await two.next("resumed");
        const got = prices(two.of("trade")) as number[];
        assert.deepEqual(got, range(got[0] as number, 4010));
        assert.ok((got[0] as number) <= 10);
        await until(() => gateway.stats().slowClients === 0);
      },
      true,
      { transport: await open() },
    );
    await server.stop();
  },
});

Deno.test({
  name: "a position means the same on every gateway, also when the stream is made anew, and later",
  ignore,
  fn: async () => {
    const server = await startNatsServer();
    const open = () => openTransport({ type: "nats", url: server.url }, { env: "test" });
    const query = "?symbols=BTCUSD&types=trade";
    const at = (price: number) => (m: Message) => m["price"] === price;
    const levels = new Map<number, unknown>();
    await withGateway(
      async ({ client, connector }) => {
        const one = await client(query);
        await one.next("subscribed");
        trades(connector, 1, 5);
        await one.next("trade", at(5));
        // It starts in the middle of the stream's life.
        await withGateway(
          async (other) => {
            const two = await other.client(query);
            await two.next("subscribed");
            const both = async (price: number) => {
              connector.trade("BTCUSD", price);
              const [a, b] = [
                await one.next("trade", at(price)),
                await two.next("trade", at(price)),
              ];
              assert.equal(a["pos"], b["pos"], `trade ${price}`);
              levels.set(price, a["pos"]);
            };
            await both(6);
            const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
            await (await jetstreamManager(connection)).streams.delete("ssmd-test");
            await connection.close();
            for (const price of [7, 8, 9]) await both(price);
            assert.ok(
              Number(levels.get(7)) > Number(levels.get(6)) + 1,
              "no stream shares a place",
            );
          },
          false,
          { transport: await open() },
        );
      },
      true,
      { transport: await open() },
    );
    await withGateway(
      async ({ client }) => {
        const good = await client(`${query}&since=${levels.get(7)}`);
        assert.equal((await good.next("subscribed"))["recovered"], true);
        await good.next("resumed");
        assert.deepEqual(prices(good.of("trade")), [8, 9]);
        const old = await client(`${query}&since=${levels.get(6)}`);
        assert.equal((await old.next("subscribed"))["recovered"], false);
      },
      true,
      { transport: await open() },
    );
    await server.stop();
  },
});

Deno.test({
  name:
    "records that leave the bus while a client reads what came before them are reported as lost",
  ignore,
  fn: async () => {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
    let isSlow = false;
    // Stands for a client that reads its first thousand records for so long that others leave.
    const leaking = withMembers(transport, {
      async *read(options: ReadOptions) {
        let keep = isSlow ? 2500 : 0;
        for await (const batch of transport.read(options)) {
          yield batch;
          if (keep === 0) continue;
          const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
          await (await jetstreamManager(connection)).streams.purge("ssmd-test", { seq: keep });
          await connection.close();
          keep = 0;
        }
      },
    });
    await withGateway(
      async ({ client, connector }) => {
        const one = await client("?symbols=BTCUSD&types=trade");
        await one.next("subscribed");
        trades(connector, 1, 4000);
        const first = await one.next("trade", (m) => m["price"] === 1);
        await one.next("trade", (m) => m["price"] === 4000);
        isSlow = true;
        const two = await client(`?symbols=BTCUSD&types=trade&since=${first["pos"]}`);
        const resumed = await two.next("resumed");
        assert.equal(resumed["recovered"], false);
        const got = prices(two.of("trade")) as number[];
        assert.deepEqual(got, range(2, 1001));
        assert.equal(resumed["lost_from"], two.of("trade").at(-1)?.["pos"]);
        connector.trade("BTCUSD", 4001);
        await two.next("trade", (m) => m["price"] === 4001);
      },
      true,
      { transport: leaking, recent: { messagesMax: 100 } },
    );
    await server.stop();
  },
});

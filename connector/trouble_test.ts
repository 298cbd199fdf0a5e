import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { memoryTransport, openTransport } from "@ssmd/transport";
import { silentLogger } from "@ssmd/runtime";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import { assertNothingGivenUp } from "./connector.ts";
import { ConnectorRig, ENV } from "./testing/connector_rig.ts";
import { type FakeClient, send } from "./testing/fake_exchange.ts";

const MEBIBYTE = "x".repeat(1024 * 1024);

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A connector whose spool folder goes away before the first line. */
async function withoutSpool(rig: ConnectorRig) {
  await rig.exchange.listen();
  await rig.exchange.close();
  await rig.listen();
  const connector = rig.connector();
  await connector.start();
  await Deno.rename(rig.spoolDir, `${rig.dir}/away`);
  await rig.exchange.listen();
  const client = await rig.exchange.client(({ received }) => received.length > 0);
  return { connector, client };
}

/** Waits until the other side has stopped reading. */
async function untilItWaits({ socket }: FakeClient): Promise<void> {
  for (let last = -1; socket.bufferedAmount === 0 || socket.bufferedAmount !== last;) {
    last = socket.bufferedAmount;
    await delay(250);
  }
}

Deno.test("while the disk refuses frames wait in memory, then in the network; none is lost", async () => {
  const rig = new ConnectorRig();
  const { connector, client } = await withoutSpool(rig);
  for (let id = 0; id < 120; id++) send(client, { trade: "A", id, pad: MEBIBYTE });
  await untilItWaits(client);
  assert.deepEqual(rig.tradeIds(), [], "nothing is published that is not durable");
  assert.ok(connector.stats().frames < 120);
  await Deno.rename(`${rig.dir}/away`, rig.spoolDir);
  // An exchange that was not there at first may have left a gap beside them.
  await rig.until((events) => events.filter(({ type }) => type === "trade").length === 120);
  assert.deepEqual(rig.tradeIds(), upTo(120));
  await connector.close();
  await rig.close();
});

Deno.test("a disk that refuses for good does not keep a connector from ending", async () => {
  const rig = new ConnectorRig();
  const { connector, client } = await withoutSpool(rig);
  for (let id = 0; id < 100; id++) send(client, { trade: "A", id, pad: MEBIBYTE });
  await untilItWaits(client);
  await connector.close();
  assert.deepEqual(rig.tradeIds(), []);
  assert.ok(connector.stats().givenUp > 0, "who ends it can say so");
  assert.throws(() => assertNothingGivenUp(connector.stats()), { code: "SPOOL_GIVEN_UP" });
  await rig.close();
});

Deno.test("what a bus cannot take waits in memory, then on disk, and comes in order when it can", async () => {
  const rig = new ConnectorRig({
    transport: memoryTransport({ backlogMax: 1000 }),
    unresponsive: true,
  });
  const ids: string[] = [];
  const consumer = await rig.transport.consume({
    name: "slow",
    filters: [`${ENV}.fake.trade.>`],
    onHole: () => {},
    onMessage: ({ id, streamSequence }) => {
      ids.push(id);
      consumer?.acknowledge(streamSequence);
    },
  });
  consumer.pause();
  const connector = await rig.start();
  const client = await rig.exchange.client(({ received }) => received.length > 0);
  for (let i = 0; i < 200; i++) send(client, { trade: "A", id: i * 500, count: 500 });
  while (connector.stats().records < 100_000) await delay(10);
  assert.ok(connector.stats().waiting > 98_000);
  assert.ok(Deno.statSync(`${rig.spoolDir}/outbox`).size > 1_000_000);
  consumer.resume();
  while (ids.length < 100_000) await delay(10);
  const [run = ""] = (ids[0] ?? "").split("-");
  // The first line of the run is that the connection is open.
  const expected = upTo(100_000).map((i) => `${run}-${2 + Math.floor(i / 500)}-${i % 500}`);
  assert.deepEqual(ids, expected);
  assert.equal(connector.stats().waiting, 0);
  await connector.close();
  await rig.close();
});

Deno.test({
  name: "a nats-server that is killed and comes back gets everything once, in order",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const transport = await openTransport(
      { type: "nats", url: [server.url], stream: {} },
      { env: ENV, logger: silentLogger },
    );
    const rig = new ConnectorRig({ transport });
    const connector = await rig.start();
    const client = await rig.exchange.client(({ received }) => received.length > 0);
    let id = 0;
    const sendFrames = (frames: number) => {
      for (let i = 0; i < frames; i++) send(client, { trade: "A", id: (id += 10) - 10, count: 10 });
    };
    for (let round = 0; round < 3; round++) {
      sendFrames(1000);
      await delay(round * 30);
      await server.kill();
      sendFrames(1000);
      await server.restart();
      sendFrames(1000);
    }
    // On a slow machine there are gaps beside them: the fake venue confirms no subscription.
    await rig.until((events) => events.length >= id && rig.tradeIds().length >= id);
    assert.deepEqual(rig.tradeIds(), upTo(id));
    assert.equal(new Set(rig.ids).size, rig.ids.length);
    await connector.close();
    const left = await Array.fromAsync(Deno.readDir(rig.spoolDir), ({ name }) => name);
    // The fake venue confirms nothing, so nothing shows that it took the credentials.
    const kept = ["last-stop.json", "lock", "turns.json"];
    assert.deepEqual(left.sort(), kept);
    await rig.close();
    await server.stop();
  },
});

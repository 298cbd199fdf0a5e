import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { noHole, Received } from "../../tests/contract/received.ts";
import { messagesOf, publishAll } from "../../tests/contract/bus_messages.ts";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { connectNats } from "./nats_connect.ts";
import { openTransport } from "./open.ts";
import type { OutMessage, PublishRefusal, Transport } from "./transport.ts";

const ignore = !natsServerAvailable();
const credentials = { user: "connector", password: "secret" };

/** A server whose configuration a test can change, and a transport that logs into it. */
async function withConfig(
  first: string,
  body: (rig: {
    url: string;
    open: () => Promise<Transport>;
    restartWith: (config: string) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "ssmd-nats-", suffix: ".conf" });
  await Deno.writeTextFile(path, first);
  const server = await startNatsServer({ args: ["--config", path] });
  const opened: Transport[] = [];
  try {
    await body({
      url: server.url,
      open: async () => {
        const transport = await openTransport(
          { type: "nats", url: server.url, credentials },
          { env: "test" },
        );
        opened.push(transport);
        return transport;
      },
      restartWith: async (config) => {
        await Deno.writeTextFile(path, config);
        await server.restart();
      },
    });
  } finally {
    for (const transport of opened) await transport.close();
    await server.stop();
    await Deno.remove(path);
  }
}

function configOf(permissions: string, jetstream = ""): string {
  return `${jetstream}
    authorization { users: [
      { user: connector, password: secret ${permissions} }
    ] }`;
}

async function idsOf(transport: Transport, count: number): Promise<Received> {
  const received = new Received();
  const filters = ["test.>"];
  const consumer = await transport.consume({
    name: "all",
    filters,
    onMessage: received.take,
    onHole: noHole,
  });
  await received.until(count);
  await consumer.close();
  return received;
}

Deno.test(
  "what a missing right held back is stored once it is granted, each message once",
  { ignore },
  () => {
    const denied = `, permissions: { publish: { deny: ["test.kraken.trade.>"] } }`;
    return withConfig(configOf(denied), async ({ open, restartWith }) => {
      const refused = Promise.withResolvers<PublishRefusal>();
      const stored: string[] = [];
      const publisher = (await open()).publisher({
        onRefused: refused.resolve,
        onStored: ({ id }) => stored.push(id),
      });
      const messages = messagesOf("test.kraken.ticker.A", 1, 400);
      for (const [n, message] of messages.entries()) {
        if (n % 3 === 1) message.subject = "test.kraken.trade.A";
        publisher.publish(message);
      }
      const refusal = await refused.promise;
      assert.equal(refusal.reason, "permission");
      assert.equal(refusal.subject, "test.kraken.trade.A");
      assert.match(refusal.detail, /Permissions Violation/);
      assert.equal(publisher.refusal?.reason, "permission");
      // The refusal may come before the acknowledgement of the one message ahead of it.
      while (publisher.acknowledgedId === "") await delay(5);
      assert.equal(publisher.acknowledgedId, "run-1-0", "what is stored behind proves nothing");
      await restartWith(configOf(""));
      await publisher.flush();
      assert.equal(publisher.refusal, undefined);
      const { ids, messages: all } = await idsOf(await open(), 400);
      const expected = messages.map(({ id }) => id).sort();
      assert.deepEqual(ids.toSorted(), expected);
      assert.deepEqual(stored.toSorted(), expected);
      let newest = 0;
      for (const { id, late } of all) {
        const number = Number(id.split("-")[1]);
        assert.equal(late, number < newest, `${id} behind ${newest}`);
        newest = Math.max(newest, number);
      }
    });
  },
);

Deno.test(
  "a full store is named, and the rest comes when it has room",
  { ignore },
  () =>
    withConfig(configOf("", "jetstream { max_file_store: 1MB }"), async ({ url, open }) => {
      const refused = Promise.withResolvers<PublishRefusal>();
      const transport = await open();
      const publisher = transport.publisher({ onRefused: refused.resolve });
      const payload = new Uint8Array(10_000);
      const messages = messagesOf("test.a.b", 1, 150).map((message) => ({ ...message, payload }));
      for (const message of messages) publisher.publish(message);
      assert.equal((await refused.promise).reason, "storage");
      const before = new Received();
      const consumer = await transport.consume({
        ...{ name: "before", filters: ["test.>"], onMessage: before.take, onHole: noHole },
      });
      await before.until(50);
      await consumer.close();
      const connection = await connectNats({ servers: [url], credentials }, "test", false);
      const manager = await jetstreamManager(connection);
      const { state } = await manager.streams.info("ssmd-test");
      await manager.streams.purge("ssmd-test");
      await publisher.flush();
      const after = await manager.streams.info("ssmd-test");
      assert.equal(state.messages + after.state.messages, 150);
      await connection.close();
    }),
);

Deno.test("what a stream never takes is handed back, and holds up nothing behind it", {
  ignore,
}, () =>
  withConfig(configOf(""), async ({ url, open }) => {
    const rejected: [OutMessage, PublishRefusal][] = [];
    const publisher = (await open()).publisher({
      onRejected: (...each) => rejected.push(each),
    });
    await publishAll(publisher, messagesOf("test.a.b", 1, 3));
    const connection = await connectNats({ servers: [url], credentials }, "test", false);
    const manager = await jetstreamManager(connection);
    const { config } = await manager.streams.info("ssmd-test");
    await manager.streams.update("ssmd-test", { ...config, max_msg_size: 500 });
    const big = { subject: "test.a.b", payload: new Uint8Array(1000), id: "run-4-0" };
    await publishAll(publisher, [big, ...messagesOf("test.a.b", 5, 9)]);
    assert.deepEqual(rejected.map(([{ id }, { reason }]) => [id, reason]), [["run-4-0", "size"]]);
    assert.equal(publisher.acknowledgedId, "run-9-0");
    const { state } = await manager.streams.info("ssmd-test");
    assert.equal(state.messages, 8);
    await connection.close();
  }));

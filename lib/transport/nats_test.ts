import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { WatchedChanges } from "../../tests/contract/key_value.ts";
import { noHole, Received } from "../../tests/contract/received.ts";
import { messagesOf, publishAll } from "../../tests/contract/bus_messages.ts";
import {
  type NatsServer,
  natsServerAvailable,
  type NatsServerOptions,
  startNatsServer,
} from "../../tests/servers/nats_server.ts";
import { connectNats } from "./nats_connect.ts";
import { openTransport } from "./open.ts";
import type { Transport } from "./transport.ts";

const ignore = !natsServerAvailable();
const URL_NOBODY = "nats://127.0.0.1:1";

async function withServer(
  body: (server: NatsServer, open: () => Promise<Transport>) => Promise<void>,
  options: NatsServerOptions = {},
): Promise<void> {
  const server = await startNatsServer(options);
  const opened: Transport[] = [];
  try {
    await body(server, async () => {
      const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
      opened.push(transport);
      return transport;
    });
  } finally {
    for (const transport of opened) await transport.close();
    await server.stop();
  }
}

/** All messages of the stream, read by a consumer of its own. */
async function stored(transport: Transport, count: number): Promise<Received> {
  const received = new Received();
  const consumer = await transport.consume({
    name: "reader-of-all",
    filters: ["test.>"],
    onMessage: received.take,
    onHole: noHole,
  });
  await received.until(count);
  await consumer.close();
  return received;
}

Deno.test(
  "a key-value watch goes on over a killed server, and tells each change once",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const utf8 = new TextEncoder();
      const [writer, reader] = [await open(), await open()];
      const store = await writer.keyValue("settings");
      const watched = new WatchedChanges();
      await (await reader.keyValue("settings")).watch(watched.take, watched.isCurrent);
      await store.put("a", utf8.encode("1"));
      await store.put("b", utf8.encode("1"));
      await watched.until(() => watched.changes.length === 2);
      await server.restart();
      const put = async (key: string, text: string) => {
        for (let tries = 0;; tries++) {
          try {
            return await store.put(key, utf8.encode(text));
          } catch (error) {
            if (tries > 600) throw error;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }
      };
      await put("b", "2");
      await put("c", "1");
      await watched.until(() => watched.changes.length >= 4);
      assert.deepEqual(watched.shown, ["a=1", "b=1", "b=2", "c=1"]);
      assert.equal(watched.current, 1);
    }),
);

Deno.test(
  "a server killed while publishing stores everything once and in order",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const publisher = transport.publisher();
      const count = 50_000;
      const messages = messagesOf("test.kraken.trade.A", 1, count);
      let restarting = Promise.resolve();
      for (const [n, message] of messages.entries()) {
        if (publisher.full) await publisher.ready();
        publisher.publish(message);
        if ([10_000, 25_000, 40_000].includes(n)) {
          restarting = restarting.then(() => server.restart());
        }
      }
      await Promise.all([publisher.flush(), restarting]);
      assert.equal(publisher.acknowledgedId, `run-${count}-0`);
      const all = await stored(await open(), count);
      assert.deepEqual(all.ids, messages.map(({ id }) => id));
    }),
);

Deno.test(
  "a live reader of an empty stream misses nothing of what comes after a server's death",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const received = new Received();
      await (await open()).subscribe(["test.>"], received.take);
      await server.kill();
      await server.restart();
      const publisher = (await open()).publisher();
      publishAll(publisher, messagesOf("test.kraken.trade.A", 1, 10));
      await publisher.flush();
      await received.until(10);
      assert.equal(received.ids.length, 10);
    }),
);

Deno.test(
  "who begins to answer while the server dies answers when it is back",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const answering = [0, 1, 2].map((n) =>
        transport.respond(`question${n}`, () => Uint8Array.of(n))
      );
      const back = Promise.withResolvers<void>();
      transport.onStatus(({ type }) => type === "connected" && back.resolve());
      const killed = server.kill();
      await Promise.all(answering);
      await killed;
      await server.restart();
      await back.promise;
      for (const n of [0, 1, 2]) {
        const client = await open();
        assert.deepEqual(
          await client.request(`question${n}`, new Uint8Array(), 60_000),
          Uint8Array.of(n),
        );
      }
    }),
);

Deno.test(
  "what is published while the server is away arrives when it is back",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const states: string[] = [];
      const back = Promise.withResolvers<void>();
      transport.onStatus(({ type }) => {
        states.push(type);
        if (type === "connected") back.resolve();
      });
      const publisher = transport.publisher();
      await publishAll(publisher, messagesOf("test.a.b", 1, 10));
      await server.kill();
      const messages = messagesOf("test.a.b", 11, 6000);
      for (const message of messages) publisher.publish(message);
      assert.equal(publisher.pending, 5990);
      assert.equal(publisher.full, true);
      assert.equal(publisher.acknowledgedId, "run-10-0");
      await server.restart();
      await publisher.ready();
      await publisher.flush();
      await back.promise;
      assert.deepEqual(states, ["disconnected", "connected"]);
      const all = await stored(transport, 6000);
      assert.deepEqual(all.ids, messagesOf("test.a.b", 1, 6000).map(({ id }) => id));
    }),
);

Deno.test(
  "a consumer and a subscription go on after the server was killed",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const publisher = transport.publisher();
      const [kept, live] = [new Received(), new Received()];
      const consumer = await transport.consume({
        name: "archiver-main",
        filters: ["test.>"],
        onMessage: kept.take,
        onHole: noHole,
      });
      await transport.subscribe(["test.>"], live.take);
      await publishAll(publisher, messagesOf("test.a.b", 1, 1000));
      await kept.until(1000);
      consumer.acknowledge(kept.messages[499]!.streamSequence);
      for (const [first, last] of [[1001, 2000], [2001, 3000]] as const) {
        await server.restart();
        await publishAll(publisher, messagesOf("test.a.b", first, last));
        await kept.until(last);
        await live.until(last);
      }
      const ids = messagesOf("test.a.b", 1, 3000).map(({ id }) => id);
      assert.deepEqual(kept.ids, ids, "each once and in order, although 500 were not acknowledged");
      assert.deepEqual(live.ids, ids);
      consumer.acknowledge(kept.messages[2499]!.streamSequence);
      await consumer.close();

      const rest = new Received();
      const again = await (await open()).consume({
        name: "archiver-main",
        filters: ["test.>"],
        onMessage: rest.take,
        onHole: noHole,
      });
      await rest.until(500);
      assert.deepEqual(rest.ids, ids.slice(2500));
      await again.close();
    }),
);

Deno.test(
  "a consumer survives that its durable or the stream is deleted",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const publisher = transport.publisher();
      const received = new Received();
      const consumer = await transport.consume({
        name: "archiver-main",
        filters: ["test.>"],
        onMessage: received.take,
        onHole: noHole,
      });
      await publishAll(publisher, messagesOf("test.a.b", 1, 10));
      await received.until(10);
      consumer.acknowledge(received.messages[4]!.streamSequence);
      const connection = await connectNats({ servers: [server.url] }, "test", false);
      const manager = await jetstreamManager(connection);
      await manager.consumers.delete("ssmd-test", "archiver-main");
      await publishAll(publisher, messagesOf("test.a.b", 11, 20));
      await received.until(20);
      await manager.streams.delete("ssmd-test");
      await connection.close();
      await publishAll(publisher, messagesOf("test.a.b", 21, 30));
      await received.until(30);
      assert.deepEqual(received.ids, messagesOf("test.a.b", 1, 30).map(({ id }) => id));
      await consumer.close();
    }),
);

Deno.test(
  "a message larger than the server takes is refused to the caller",
  { ignore },
  () =>
    withServer(async (_server, open) => {
      const publisher = (await open()).publisher();
      const payload = new Uint8Array(2 * 1024 * 1024);
      assert.throws(() => publisher.publish({ subject: "test.a", payload, id: "run-1-0" }), {
        code: "MESSAGE_TOO_LARGE",
      });
      for (const subject of ["other.a", "test", "test.", "test.a b", "test.*", "test.>"]) {
        assert.throws(() => publisher.publish({ subject, payload: new Uint8Array(), id: "" }), {
          code: "SUBJECT_INVALID",
        });
      }
      assert.throws(
        () => publisher.publish({ subject: "test.a", payload: new Uint8Array(), id: "a\r\nb" }),
        { code: "ID_INVALID" },
      );
      await publishAll(publisher, messagesOf("test.a", 1, 1));
    }),
);

Deno.test(
  "closing a publisher gives up what was not acknowledged, and says so",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const publisher = (await open()).publisher();
      await publishAll(publisher, messagesOf("test.a.b", 1, 1));
      await server.kill();
      for (const message of messagesOf("test.a.b", 2, 5)) publisher.publish(message);
      const flushing = assert.rejects(publisher.flush(), { code: "PUBLISHER_CLOSED" });
      await publisher.close();
      await flushing;
      assert.equal(publisher.pending, 4);
      assert.equal(publisher.acknowledgedId, "run-1-0");
    }),
);

Deno.test("an absent server is named, with what to do", async () => {
  await assert.rejects(openTransport({ type: "nats", url: URL_NOBODY }, { env: "test" }), {
    code: "TRANSPORT_UNAVAILABLE",
    message: /127\.0\.0\.1:1/,
    hint: /nats-server -js/,
  });
});

Deno.test(
  "a server without JetStream is named so",
  { ignore },
  () =>
    withServer(async (_server, open) => {
      await assert.rejects(open(), { code: "JETSTREAM_DISABLED", hint: /-js/ });
    }, { jetStream: false }),
);

Deno.test(
  "wrong credentials are named so, right ones work",
  { ignore },
  () =>
    withServer(async (server, open) => {
      await assert.rejects(open(), { code: "TRANSPORT_UNAUTHORIZED", hint: /credentials/ });
      const credentials = { user: "ssmd", password: "right" };
      const transport = await openTransport(
        { type: "nats", url: server.url, credentials },
        { env: "test" },
      );
      await publishAll(transport.publisher(), messagesOf("test.a", 1, 3));
      await transport.close();
    }, { args: ["--user", "ssmd", "--pass", "right"] }),
);

Deno.test(
  "subjects that another stream holds are a conflict",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const connection = await connectNats({ servers: [server.url] }, "test", false);
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: "other", subjects: ["test.kraken.>"] });
      await connection.close();
      await assert.rejects(open(), { code: "STREAM_CONFLICT", hint: /nats stream ls/ });
    }),
);

Deno.test(
  "an existing stream gets the limits of the configuration",
  { ignore },
  () =>
    withServer(async (server, open) => {
      await publishAll((await open()).publisher(), messagesOf("test.a", 1, 3));
      const transport = await openTransport(
        { type: "nats", url: server.url, stream: { maxBytes: 1_000_000, maxAgeMs: 60_000 } },
        { env: "test" },
      );
      assert.equal((await transport.last("test.>"))?.id, "run-3-0");
      await transport.close();
      const connection = await connectNats({ servers: [server.url] }, "test", false);
      const { config } = await (await jetstreamManager(connection)).streams.info("ssmd-test");
      assert.equal(config.max_bytes, 1_000_000);
      assert.equal(config.max_age, 60_000_000_000);
      await connection.close();
    }),
);

Deno.test(
  "a stream that lost its end is another one for all who ask: its numbers are not taken for the old",
  { ignore },
  () =>
    withServer(async (server, open) => {
      const transport = await open();
      const publisher = transport.publisher();
      await publishAll(publisher, messagesOf("test.a.b", 1, 10));
      await server.kill();
      const copy = await Deno.makeTempDir({ prefix: "ssmd-nats-" });
      await copyFolder(server.storeDir, copy);
      await server.restart();
      await publishAll(publisher, messagesOf("test.a.b", 11, 20));
      const before = await (await open()).state();
      assert.equal(before.lastSequence, 20);
      await server.kill();
      // As a power cut does it: the newest messages were acknowledged and never synced.
      await Deno.remove(server.storeDir, { recursive: true });
      await copyFolder(copy, server.storeDir);
      await server.restart();
      await publishAll(publisher, messagesOf("test.a.b", 21, 25));
      const after = await transport.state();
      assert.equal(after.lastSequence, 15);
      assert.ok(after.createdAtUs > before.createdAtUs + before.lastSequence);
      assert.deepEqual(await (await open()).state(), after);
      await Deno.remove(copy, { recursive: true });
    }),
);

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

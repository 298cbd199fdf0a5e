import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { sleep } from "@ssmd/runtime";
import { Received } from "../../tests/contract/received.ts";
import { messagesOf, publishAll } from "../../tests/contract/bus_messages.ts";
import {
  type NatsServer,
  natsServerAvailable,
  startNatsServer,
} from "../../tests/servers/nats_server.ts";
import { openTransport } from "./open.ts";
import type { ConsumeOptions, Consumer, StreamHole, Transport } from "./transport.ts";

const ignore = !natsServerAvailable();
const STREAM = "ssmd-test";

interface Rig {
  transport: Transport;
  /** Publishes messages of these numbers, and waits for the bus. */
  publish: (first: number, last: number) => Promise<void>;
  /** What a consumer is given, in order: message numbers and holes. */
  given: (number | StreamHole)[];
  received: Received;
  consume: (more?: Partial<ConsumeOptions>) => Promise<Consumer>;
  change: (body: Parameters<typeof changeStream>[1]) => Promise<void>;
}

async function changeStream(
  server: NatsServer,
  body: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<unknown>,
): Promise<void> {
  const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
  await body(await jetstreamManager(connection));
  await connection.close();
}

function test(sentence: string, body: (rig: Rig) => Promise<void>): void {
  Deno.test(sentence, { ignore }, async () => {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: "test" });
    const publisher = transport.publisher();
    const given: Rig["given"] = [];
    const received = new Received();
    const options: ConsumeOptions = {
      ...{ name: "archiver-main", filters: ["test.a.>"] },
      onMessage: (message) => {
        given.push(Number(message.id.split("-")[1]));
        received.take(message);
      },
      onHole: (hole) => void given.push(hole),
    };
    try {
      await body({
        ...{ transport, given, received },
        publish: (first, last) => publishAll(publisher, messagesOf("test.a.b", first, last)),
        consume: (more) => transport.consume({ ...options, ...more }),
        change: (change) => changeStream(server, change),
      });
    } finally {
      await transport.close();
      await server.stop();
    }
  });
}

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("what limits removed while a consumer was away is told before what is left", async (rig) => {
  const { given, received, publish, consume, change } = rig;
  const consumer = await consume();
  await publish(1, 10);
  await received.until(10);
  consumer.acknowledge(10);
  const { position } = consumer;
  await consumer.close();
  await publish(11, 30);
  await change((manager) => manager.streams.purge(STREAM, { seq: 21 }));
  const again = await consume({ position });
  await received.until(20);
  const { createdAtUs } = position;
  const hole = { type: "left", missed: 10, stream: { createdAtUs, sequence: 20 } } as const;
  assert.deepEqual(given, [...numbers(1, 10), hole, ...numbers(21, 30)]);
  assert.deepEqual(again.position, { createdAtUs, sequence: 30 });
  await again.close();
});

test("what leaves under a paused consumer is told before what is left", async (rig) => {
  const { given, received, publish, consume, change } = rig;
  const consumer = await consume({ filters: ["test.a.>", "test.c.>"] });
  await publish(1, 10);
  await received.until(10);
  consumer.pause();
  // A pull is on its way: what it brings is held, the rest stays with the bus.
  await publish(11, 6000);
  await change((manager) => manager.streams.purge(STREAM, { seq: 5991 }));
  consumer.resume();
  while (given.at(-1) !== 6000) await sleep(10);
  const at = given.findIndex((each) => typeof each === "object");
  const last = given[at - 1] as number;
  const { createdAtUs } = consumer.position;
  const hole = { type: "left", missed: 5990 - last, stream: { createdAtUs, sequence: 5990 } };
  assert.deepEqual(given, [...numbers(1, last), hole, ...numbers(5991, 6000)]);
  await consumer.close();
});

test("others' messages between are no hole, and their leaving is none either", async (rig) => {
  const { transport, given, received, publish, consume, change } = rig;
  const others = transport.publisher();
  const consumer = await consume();
  await publish(1, 5);
  await publishAll(others, messagesOf("test.x.y", 6, 100));
  while (consumer.position.sequence < 100) await sleep(20);
  await change((manager) => manager.streams.purge(STREAM, { seq: 90 }));
  await publish(101, 105);
  await received.until(10);
  assert.deepEqual(given, [...numbers(1, 5), ...numbers(101, 105)]);
  await consumer.close();
});

test("a stream that is made anew under a consumer is told before its first message", async (rig) => {
  const { transport, given, received, publish, consume, change } = rig;
  const consumer = await consume();
  await publish(1, 10);
  await received.until(10);
  await change((manager) => manager.streams.delete(STREAM));
  await publish(11, 15);
  await received.until(15);
  const { createdAtUs } = await transport.state();
  const hole = { type: "anew", stream: { createdAtUs, sequence: 0 } } as const;
  assert.deepEqual(given, [...numbers(1, 10), hole, ...numbers(11, 15)]);
  assert.deepEqual(consumer.position, { createdAtUs, sequence: 5 });
  await consumer.close();
});

test("a stream that was made anew while a consumer was away is told at its start", async (rig) => {
  const { transport, given, received, publish, consume, change } = rig;
  const consumer = await consume();
  await publish(1, 10);
  await received.until(10);
  const { position } = consumer;
  await consumer.close();
  await change((manager) => manager.streams.delete(STREAM));
  await publish(11, 15);
  const again = await consume({ position });
  await received.until(15);
  const { createdAtUs } = await transport.state();
  const hole = { type: "anew", stream: { createdAtUs, sequence: 0 } } as const;
  assert.deepEqual(given, [...numbers(1, 10), hole, ...numbers(11, 15)]);
  await again.close();
});

test("who is to get all that ever was is told what left before it began; others are not", async (rig) => {
  const { given, received, publish, consume, change } = rig;
  await publish(1, 30);
  await change((manager) => manager.streams.purge(STREAM, { seq: 21 }));
  const late = await consume({ name: "late" });
  await received.until(10);
  assert.deepEqual(given, numbers(21, 30));
  await late.close();
  const all = await consume({ name: "all", position: "beginning" });
  await received.until(20);
  const stream = { createdAtUs: all.position.createdAtUs, sequence: 20 };
  assert.deepEqual(given[10], { type: "left", missed: 20, stream });
  await all.close();
});

test("what comes behind a hole waits until the consumer has dealt with it", async (rig) => {
  const { given, received, publish, consume, change } = rig;
  const dealt = Promise.withResolvers<void>();
  const onHole = async (hole: StreamHole) => {
    given.push(hole);
    await dealt.promise;
  };
  const consumer = await consume({ onHole });
  await publish(1, 10);
  await received.until(10);
  await change((manager) => manager.streams.delete(STREAM));
  await publish(11, 5000);
  while (given.length < 11) await sleep(5);
  await publish(5001, 6000);
  assert.equal(received.messages.length, 10);
  dealt.resolve();
  await received.until(6000);
  assert.deepEqual(received.ids, messagesOf("", 1, 6000).map(({ id }) => id));
  await consumer.close();
});

test("a reader that comes back after its server-side consumer is gone goes on where it was", async ({ transport, publish, change }) => {
  await publish(1, 2500);
  const from = { sequence: 1 };
  const given: number[] = [];
  for await (const batch of transport.read({ filters: ["test.>"], from, toSequence: 2500 })) {
    given.push(...batch.map(({ streamSequence }) => streamSequence));
    // As the server does with one that nobody asks for a minute.
    await change(async (manager) => {
      for await (const { name } of manager.consumers.list(STREAM)) {
        await manager.consumers.delete(STREAM, name);
      }
    });
  }
  assert.deepEqual(given, Array.from({ length: 2500 }, (_, i) => i + 1));
});

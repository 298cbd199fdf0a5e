import { readLetters } from "@ssmd/dataset/dead_letters";
import {
  createLogger,
  nowUs,
  silentLogger,
  sleep,
  TransportError,
  withMembers,
} from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import {
  type ConsumeOptions,
  memoryTransport,
  openTransport,
  type Transport,
} from "@ssmd/transport";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import assert from "node:assert/strict";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import { LetterCollector } from "./letter_collector.ts";

const ENV = "test";

async function publishLetters(transport: Transport, count: number, from = 0): Promise<void> {
  const publisher = transport.publisher();
  for (let i = from; i < from + count; i++) {
    const payload = new TextEncoder().encode(JSON.stringify({
      ...{ feed: "kraken", reason: "no JSON", received_at_ns: `${i}000` },
      ...{ bytes: 1, frame_base64: "AA==", truncated: false },
    }));
    publisher.publish({ subject: `${ENV}.dlq.connector`, payload, id: `m1-${i + 1}-0` });
  }
  await publisher.flush();
  await publisher.close();
}

Deno.test("more letters than wait at once are all kept, each once", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const options = { env: ENV, transport, storage, nowUs, logger: silentLogger };
  const collector = new LetterCollector(options);
  await collector.start();
  await publishLetters(transport, 2_500);
  while ((await readLetters(storage, ENV)).length < 2_500) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await collector.close();
  const ids = (await readLetters(storage, ENV)).map(({ id }) => id);
  assert.deepEqual(ids, Array.from({ length: 2_500 }, (_, i) => `m1-${i + 1}-0`));
  await transport.close();
});

Deno.test("a storage that never answers holds up no end, and what is not kept is told", async () => {
  const transport = memoryTransport();
  const storage = { ...memoryStorage(), put: () => new Promise(() => {}) } as unknown as Storage;
  storage.list = (prefix) => memoryStorage().list(prefix);
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  const collector = new LetterCollector({ env: ENV, transport, storage, nowUs, logger });
  await collector.start();
  await publishLetters(transport, 3);
  await collector.close();
  assert.ok(lines.some((line) => line.includes("dead letters were not kept before the end")));
  await transport.close();
});

Deno.test("letters that left the bus unread are a letter of their own, and are told once", {
  ignore: !natsServerAvailable(),
}, async () => {
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
  const storage = memoryStorage();
  const collect = async (count: number) => {
    const options = { env: ENV, transport, storage, nowUs, logger: silentLogger };
    const collector = new LetterCollector(options);
    await collector.start();
    while ((await readLetters(storage, ENV)).length < count) await sleep(10);
    await collector.close();
  };
  await publishLetters(transport, 3, 0);
  await collect(3);
  await publishLetters(transport, 10, 3);
  const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
  await (await jetstreamManager(connection)).streams.purge(`ssmd-${ENV}`, { seq: 9 });
  await connection.close();
  await collect(9);
  await collect(9);
  const letters = await readLetters(storage, ENV);
  const holes = letters.filter(({ component }) => component === "letters");
  assert.deepEqual(holes.map(({ reason }) => reason), [
    "dead letters may be missing: up to 5 messages left the bus before they were read",
  ]);
  assert.equal(letters.length, 9);
  await transport.close();
  await server.stop();
});

Deno.test("letters whose bus refuses at first are kept as soon as it does not", async () => {
  const bus = memoryTransport();
  let isAway = true;
  const transport = withMembers(bus, {
    consume: (options: ConsumeOptions) =>
      isAway ? Promise.reject(new TransportError("AWAY", "Not now")) : bus.consume(options),
  });
  const storage = memoryStorage();
  const options = { env: ENV, transport, storage, nowUs, logger: silentLogger };
  const collector = new LetterCollector(options);
  await collector.start();
  isAway = false;
  // A bus of this process keeps nothing for who does not read it yet.
  for (let from = 0; (await readLetters(storage, ENV)).length < 3; from += 3) {
    await publishLetters(bus, 3, from);
    await sleep(50);
  }
  await collector.close();
  await bus.close();
});

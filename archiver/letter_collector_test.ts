import { readLetters } from "@ssmd/dataset/dead_letters";
import { createLogger, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import assert from "node:assert/strict";
import { LetterCollector } from "./letter_collector.ts";

const ENV = "test";

async function publishLetters(transport: Transport, count: number): Promise<void> {
  const publisher = transport.publisher();
  for (let i = 0; i < count; i++) {
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

import assert from "node:assert/strict";
import {
  createLogger,
  Health,
  sleep,
  StorageError,
  TransportError,
  withMembers,
} from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { type ConsumeOptions, memoryTransport, type Transport } from "@ssmd/transport";
import { archiveOf, FaultyStorage, optionsOf, publish, sequencesOf, upTo } from "./_fixtures.ts";
import { createArchiver } from "./mod.ts";

/** A bus that fails so often before it lets anybody read. */
function refusing(bus: Transport, error: TransportError, times: number): Transport {
  let left = times;
  return withMembers(bus, {
    durable: true,
    consume: (options: ConsumeOptions) => left-- > 0 ? Promise.reject(error) : bus.consume(options),
  });
}

/** A storage whose first read fails: who waits for the start goes on without it. */
function storageAwayAtFirst(): FaultyStorage {
  const storage = new FaultyStorage(memoryStorage());
  let isFirst = true;
  storage.before = (action) => {
    if (action !== "get" || !isFirst) return;
    isFirst = false;
    throw new StorageError("STORAGE_UNAVAILABLE", "Not now", { retryable: true });
  };
  return storage;
}

const notNow = new TransportError("TRANSPORT_TIMEOUT", "No answer", { retryable: true });

Deno.test("a bus that fails while storage is away at the start is asked again: all is archived", async () => {
  const bus = memoryTransport();
  const storage = storageAwayAtFirst();
  const health = new Health();
  const archiver = createArchiver({ ...optionsOf(refusing(bus, notNow, 3), storage), health });
  await archiver.start();
  while (health.failing().length > 0) await sleep(5);
  publish(bus, 0, 300);
  await archiver.close();
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(300));
  await bus.close();
});

Deno.test("a bus that does not answer at the start keeps nobody waiting, and is told", async () => {
  const bus = memoryTransport();
  const health = new Health();
  const transport = refusing(bus, notNow, Infinity);
  const archiver = createArchiver({ ...optionsOf(transport, memoryStorage()), health });
  await archiver.start();
  const reasons = health.failing().map(({ reason }) => reason);
  assert.ok(reasons.some((reason) => reason.includes("No answer")), reasons.join());
  await archiver.close();
  await bus.close();
});

Deno.test("what the bus refuses for good ends the archiver, also when it began long ago", async () => {
  const bus = memoryTransport();
  const denied = new TransportError("TRANSPORT_UNAUTHORIZED", "Not allowed");
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  const early = createArchiver({
    ...optionsOf(refusing(bus, denied, 1), memoryStorage()),
    logger,
  });
  await assert.rejects(early.start(), { code: "TRANSPORT_UNAUTHORIZED" });
  await early.close();
  assert.deepEqual(
    lines.filter((line) => line.includes("cannot begin")),
    [],
    "who starts it says so",
  );
  const late = createArchiver(optionsOf(refusing(bus, denied, 1), storageAwayAtFirst()));
  await late.start();
  assert.equal((await late.failed).code, "TRANSPORT_UNAUTHORIZED");
  await late.close();
  await bus.close();
});

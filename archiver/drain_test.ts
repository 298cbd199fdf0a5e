import assert from "node:assert/strict";
import { TransportError, withMembers } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { type ConsumeOptions, memoryTransport } from "@ssmd/transport";
import { archiveOf, optionsOf, publish } from "./_fixtures.ts";
import { createArchiver } from "./mod.ts";

Deno.test("an archiver whose bus does not answer any more writes what it has, and ends", async () => {
  const bus = memoryTransport();
  const transport = withMembers(bus, { lastId: () => new Promise<never>(() => {}) });
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(bus, 0, 100);
  while (archiver.stats().records < 100) await new Promise((resolve) => setTimeout(resolve, 5));
  await archiver.close();
  assert.equal((await archiveOf(storage)).events.length, 100);
  await bus.close();
});

Deno.test("a question that fails is asked again: what is still on its way is waited for", async () => {
  const bus = memoryTransport();
  let asked = 0;
  const transport = withMembers(bus, {
    lastId: (filter: string) =>
      asked++ % 2 === 0
        ? Promise.reject(new TransportError("BUSY", "Not now", { retryable: true }))
        : bus.lastId(filter),
    consume: (options: ConsumeOptions) =>
      bus.consume({ ...options, onMessage: (it) => void setTimeout(options.onMessage, 500, it) }),
  });
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(bus, 0, 100);
  await archiver.close();
  assert.equal((await archiveOf(storage)).events.length, 100);
  await bus.close();
});

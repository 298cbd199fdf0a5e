import assert from "node:assert/strict";
import { withMembers } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
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

import assert from "node:assert/strict";
import { createLogger, TransportError, withMembers } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { type ConsumeOptions, memoryTransport } from "@ssmd/transport";
import { archiveOf, optionsOf, publish } from "./_fixtures.ts";
import { drain } from "./drain.ts";
import { createArchiver } from "./mod.ts";

Deno.test("an archiver whose bus does not answer any more writes what it has, and ends", async () => {
  const bus = memoryTransport();
  const transport = withMembers(bus, { last: () => new Promise<never>(() => {}) });
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(bus, 0, 100);
  while (archiver.stats().records < 100) await new Promise((resolve) => setTimeout(resolve, 5));
  await archiver.close();
  assert.equal((await archiveOf(storage)).events.length, 100);
  await bus.close();
});

/** A bus on which what is consumed comes so much later. */
function late(delayMs: number, failing = false) {
  const bus = memoryTransport();
  let asked = 0;
  const transport = withMembers(bus, {
    last: (filter: string) =>
      failing && asked++ % 2 === 0
        ? Promise.reject(new TransportError("BUSY", "Not now", { retryable: true }))
        : bus.last(filter),
    consume: (options: ConsumeOptions) =>
      bus.consume({
        ...options,
        onMessage: (it) => void setTimeout(() => options.onMessage(it), delayMs),
      }),
  });
  return { bus, transport };
}

Deno.test("a question that fails is asked again: what is still on its way is waited for", async () => {
  const { bus, transport } = late(500, true);
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(bus, 0, 100);
  await archiver.close();
  assert.equal((await archiveOf(storage)).events.length, 100);
  await bus.close();
});

Deno.test("what a consumer that reads anew gets only seconds later is waited for", async () => {
  const { bus, transport } = late(3_000);
  const storage = memoryStorage();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  publish(bus, 0, 100);
  await archiver.close();
  assert.equal((await archiveOf(storage)).events.length, 100);
  await bus.close();
});

/** Drains a bus of three messages; what was said about it. */
async function said(
  problem: { ofBus?: string; ofStorage?: string; stuckMsMax?: number },
): Promise<string> {
  const bus = memoryTransport();
  await publish(bus, 0, 3).flush();
  const lines: string[] = [];
  await drain({
    transport: withMembers(bus, { problem: problem.ofBus ?? "" }),
    filters: [">"],
    reached: () => 1,
    busy: () => false,
    problem: () => problem.ofStorage ?? "",
    stop: () => false,
    logger: createLogger({ write: (line) => lines.push(line) }),
    stuckMsMax: problem.stuckMsMax,
  });
  await bus.close();
  return lines.join();
}

Deno.test("a drain that ends before the bus's newest place says why, and how far it came", async () => {
  const isReported = /were not taken.*"taken_to":1,"newest":3/;
  const stuck = await said({ stuckMsMax: 20 });
  assert.match(stuck, isReported);
  assert.match(stuck, /the bus gave nothing for 0.02 s/);
  assert.match(await said({ ofBus: "the bus is away" }), /the bus is away/);
  assert.match(await said({ ofStorage: "storage is full", stuckMsMax: 20 }), /storage is full/);
});

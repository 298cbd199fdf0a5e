import assert from "node:assert/strict";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { archiveOf, optionsOf, publish, sequencesOf, upTo } from "./_fixtures.ts";
import { createArchiver } from "./mod.ts";

Deno.test("with flushMs records are in the archive before their minute is over", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const archiver = createArchiver({ ...optionsOf(transport, storage), flushMs: 500 });
  await archiver.start();
  publish(transport, 0, 100);
  while (archiver.stats().bufferedBytes > 0) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(100));
  publish(transport, 100, 200);
  await archiver.close();
  const { manifests, events } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(200));
  assert.ok(
    manifests[0]?.files.some(({ key }) => key.endsWith("/trade/2026/08/01/02-53.2.capnp.zst")),
  );
  await transport.close();
});

import assert from "node:assert/strict";
import { createLogger, Health } from "@ssmd/runtime";
import { withChaos } from "./chaos.ts";
import { folderStorage } from "./local.ts";

Deno.test("each call but the lock fails where all are to fail, and what is there stays as it was", async () => {
  const folder = await Deno.makeTempDir();
  const plain = await folderStorage(folder);
  const bytes = new Uint8Array([1, 2, 3]);
  await plain.put("day/a", bytes);
  Deno.env.set("SSMD_CHAOS_FAILURE_RATE", "1");
  try {
    const logger = createLogger({ write: () => {} });
    const storage = withChaos(plain, { logger, health: new Health() });
    for (
      const call of [
        () => storage.put("day/b", bytes),
        () => storage.get("day/a"),
        () => storage.getRange("day/a", 0, 1),
        () => storage.head("day/a"),
        () => Array.fromAsync(storage.list("")),
        () => storage.delete("day/b"),
      ]
    ) {
      await assert.rejects(call, { code: "CHAOS", retryable: true });
    }
    const lock = await storage.lock?.("writer", "a test");
    assert.ok(lock !== undefined && "release" in lock);
    lock.release();
  } finally {
    Deno.env.delete("SSMD_CHAOS_FAILURE_RATE");
    assert.deepEqual(await plain.get("day/a"), bytes);
    await plain.close();
    await Deno.remove(folder, { recursive: true });
  }
});

import assert from "node:assert/strict";
import { ArchiveError } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { promotedKey } from "./paths.ts";
import { loadPromoted, promotedOn, savePromoted } from "./promoted.ts";

Deno.test("where nothing was promoted the archiver's version is read", async () => {
  const promoted = await loadPromoted(memoryStorage(), "test", "kraken");
  assert.equal(promotedOn(promoted, "2026-08-01"), "v1");
});

Deno.test("a promotion holds for all days but those that have one of their own", async () => {
  const storage = memoryStorage();
  const promoted = await loadPromoted(storage, "test", "kraken");
  await savePromoted(storage, { ...promoted, default: "v2", days: { "2026-08-01": "v1" } });
  const found = await loadPromoted(storage, "test", "kraken");
  assert.equal(promotedOn(found, "2026-08-01"), "v1");
  assert.equal(promotedOn(found, "2026-08-02"), "v2");
});

Deno.test("any changed byte of a promotion is found", async () => {
  const storage = memoryStorage();
  await savePromoted(storage, await loadPromoted(storage, "test", "kraken"));
  const key = promotedKey("test", "kraken");
  const bytes = await storage.get(key);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await storage.put(key, changed);
    await assert.rejects(
      loadPromoted(storage, "test", "kraken"),
      (error) => error instanceof ArchiveError && error.code === "FILE_DAMAGED",
    );
  }
});

import assert from "node:assert/strict";
import { ArchiveError } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { activeVersionsKey } from "./paths.ts";
import { activeVersionOn, loadActiveVersions, saveActiveVersions } from "./active_versions.ts";

Deno.test("where nothing was chosen the archiver's version is read", async () => {
  const active = await loadActiveVersions(memoryStorage(), "test", "kraken");
  assert.equal(activeVersionOn(active, "2026-08-01"), "v1");
});

Deno.test("a promotion holds for all days but those that have one of their own", async () => {
  const storage = memoryStorage();
  const active = await loadActiveVersions(storage, "test", "kraken");
  await saveActiveVersions(storage, { ...active, default: "v2", days: { "2026-08-01": "v1" } });
  const found = await loadActiveVersions(storage, "test", "kraken");
  assert.equal(activeVersionOn(found, "2026-08-01"), "v1");
  assert.equal(activeVersionOn(found, "2026-08-02"), "v2");
});

Deno.test("any changed byte of a promotion is found", async () => {
  const storage = memoryStorage();
  await saveActiveVersions(storage, await loadActiveVersions(storage, "test", "kraken"));
  const key = activeVersionsKey("test", "kraken");
  const bytes = await storage.get(key);
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await storage.put(key, changed);
    await assert.rejects(
      loadActiveVersions(storage, "test", "kraken"),
      (error) => error instanceof ArchiveError && error.code === "FILE_DAMAGED",
    );
  }
});

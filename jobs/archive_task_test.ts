import assert from "node:assert/strict";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { DAY_US, usOfIso } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { unsealedDays } from "./archive_task.ts";

Deno.test("a day is asked to be sealed once it can be, not already at midnight", async () => {
  const dir = await Deno.makeTempDir();
  const storage = folderStorage(dir);
  await fillArchive(storage, "demo");
  const midnightUs = usOfIso("2026-08-01T00:00:00Z")! + DAY_US;
  assert.deepEqual(await unsealedDays(storage, "demo", midnightUs + 59_000_000), []);
  const days = await unsealedDays(storage, "demo", midnightUs + 60_000_000);
  assert.deepEqual(days.map(({ feed, day }) => [feed, day]), [["kraken", "2026-08-01"]]);
  await storage.close();
  await Deno.remove(dir, { recursive: true });
});

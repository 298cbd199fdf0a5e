import assert from "node:assert/strict";
import { memoryStorage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { planExport } from "../export/plan.ts";
import { CACHE_LIMITS, queryFiles } from "./export_cache.ts";

Deno.test("what was not used for the longest time goes first, what is in use stays", async () => {
  const storage = memoryStorage();
  const dir = await Deno.makeTempDir({ prefix: "ssmd-cache-" });
  try {
    await fillArchive(storage);
    const longAgo = new Date(Date.now() - CACHE_LIMITS.entryKeptMsMin - 1000);
    for (const [i, name] of ["older", "newer"].entries()) {
      await Deno.mkdir(`${dir}/${name}`);
      await Deno.writeFile(`${dir}/${name}/data`, new Uint8Array(1000));
      await Deno.utime(`${dir}/${name}`, longAgo, new Date(longAgo.getTime() + i));
    }
    const plan = async (symbol: string) =>
      await planExport(storage, {
        ...{ env: FEED_DAY.env, types: ["trade"], symbols: [symbol], span: {}, format: "parquet" },
      });
    const names = async () =>
      (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
    const first = await plan("BTCUSD");
    const ours = first[0]?.fingerprint ?? "";
    await queryFiles(first, { storage, dir, bytesMax: 1e6 });
    assert.deepEqual(await names(), [ours, "newer", "older"].sort());
    const [{ size: ownBytes = 0 } = {}] = await Promise.all(
      (await queryFiles(first, { storage, dir })).files.map(({ path }) => Deno.stat(path)),
    );
    assert.ok(ownBytes > 0);
    const second = await plan("ETHUSD");
    await queryFiles(second, { storage, dir, bytesMax: 1 });
    assert.deepEqual(await names(), [ours, second[0]?.fingerprint ?? ""].sort());
  } finally {
    await storage.close();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what was not used for days goes, although there is room", async () => {
  const storage = memoryStorage();
  const dir = await Deno.makeTempDir({ prefix: "ssmd-cache-" });
  try {
    const { entryUnusedMsMax } = CACHE_LIMITS;
    for (const [name, unusedMs] of [["old", entryUnusedMsMax + 1000], ["recent", 1000]] as const) {
      await Deno.mkdir(`${dir}/${name}`);
      const used = new Date(Date.now() - unusedMs);
      await Deno.utime(`${dir}/${name}`, used, used);
    }
    await queryFiles([], { storage, dir });
    assert.deepEqual((await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name), [
      "recent",
    ]);
  } finally {
    await storage.close();
    await Deno.remove(dir, { recursive: true });
  }
});

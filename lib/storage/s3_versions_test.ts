import assert from "node:assert/strict";
import { folderStorage } from "./local.ts";
import { memoryStorage } from "./memory.ts";
import { MIB, noise, s3Test } from "./_fixtures.ts";
import type { ObjectVersion, ObjectVersions } from "./versions.ts";
import type { Storage } from "./storage.ts";

function versionsOf({ versions }: Storage): ObjectVersions {
  assert.ok(versions);
  return versions;
}

async function listed(storage: Storage, prefix = ""): Promise<ObjectVersion[]> {
  return await Array.fromAsync(versionsOf(storage).list(prefix));
}

s3Test("a bucket keeps what is written over and deleted, from when it is told to", async (rig) => {
  const { storage } = rig;
  const versions = versionsOf(storage);
  assert.deepEqual(await versions.states(), [{ location: "s3://all", state: "off" }]);
  await storage.put("a/x", noise(10, 1));
  await versions.enable(true);
  assert.equal((await versions.states())[0]?.state, "enabled");
  await storage.put("a/x", noise(20, 2));
  await storage.put("a/x", noise(30, 3));
  await storage.delete("a/x");
  const all = await listed(storage, "a/");
  assert.deepEqual(
    all.map(({ key, size, isLatest, isDeletion }) => ({ key, size, isLatest, isDeletion })),
    [
      { key: "a/x", size: 0, isLatest: true, isDeletion: true },
      { key: "a/x", size: 30, isLatest: false, isDeletion: false },
      { key: "a/x", size: 20, isLatest: false, isDeletion: false },
      { key: "a/x", size: 10, isLatest: false, isDeletion: false },
    ],
  );
  assert.equal(all.at(-1)?.version, "null");
  await versions.enable(false);
  assert.equal((await versions.states())[0]?.state, "suspended");
}, { versioning: true });

s3Test(
  "a version is restored whole, also one of several parts; the newer ones stay",
  async (rig) => {
    const { storage } = rig;
    const versions = versionsOf(storage);
    await versions.enable(true);
    const old = noise(12 * MIB, 1);
    await storage.put("big", old);
    await storage.put("big", noise(5, 2));
    const [, first] = await listed(storage, "big");
    assert.ok(first);
    await versions.restore(first);
    assert.deepEqual(await storage.get("big"), old);
    assert.deepEqual((await listed(storage, "big")).map(({ size }) => size), [
      old.length,
      5,
      old.length,
    ]);
  },
  { versioning: true },
);

s3Test(
  "a removed version is gone for good; a removed deletion brings the object back",
  async (rig) => {
    const { storage } = rig;
    const versions = versionsOf(storage);
    await versions.enable(true);
    await storage.put("x", noise(1, 1));
    await storage.put("x", noise(2, 2));
    await storage.delete("x");
    const [deletion, newest, oldest] = await listed(storage, "x");
    assert.ok(deletion?.isDeletion && newest && oldest);
    await versions.remove(oldest);
    await assert.rejects(versions.restore(oldest), { code: "NOT_FOUND" });
    await versions.remove(deletion);
    assert.deepEqual(await storage.get("x"), noise(2, 2));
    assert.deepEqual((await listed(storage, "x")).map(({ version }) => version), [newest.version]);
  },
  { versioning: true },
);

s3Test("two buckets are one for versions too", async ({ server, open }) => {
  await server.makeBucket("ssmd-raw");
  await server.makeBucket("ssmd-normalized");
  const storage = open({ buckets: { raw: "ssmd-raw", normalized: "ssmd-normalized" } });
  const versions = versionsOf(storage);
  await versions.enable(true);
  assert.deepEqual((await versions.states()).map(({ state }) => state), ["enabled", "enabled"]);
  for (const key of ["raw/a", "normalized/b"]) {
    await storage.put(key, noise(1, 1));
    await storage.put(key, noise(2, 2));
  }
  assert.deepEqual((await listed(storage)).map(({ key, size }) => [key, size]), [
    ["normalized/b", 2],
    ["normalized/b", 1],
    ["raw/a", 2],
    ["raw/a", 1],
  ]);
  const [, old] = await listed(storage, "raw/");
  assert.ok(old);
  await versions.restore(old);
  assert.deepEqual(await storage.get("raw/a"), noise(1, 1));
}, { versioning: true });

s3Test("a server that keeps no versions says so", async ({ storage }) => {
  await assert.rejects(versionsOf(storage).enable(true), { code: "STORAGE_UNSUPPORTED" });
});

Deno.test("folders and memory keep no versions", async () => {
  for (const storage of [folderStorage("/tmp"), memoryStorage()]) {
    assert.equal(storage.versions, undefined);
    await storage.close();
  }
});

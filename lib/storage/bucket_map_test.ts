import assert from "node:assert/strict";
import { storageByPrefix } from "./bucket_map.ts";
import { memoryStorage } from "./memory.ts";

const KEYS = ["raw/a/1", "raw/b/2", "normalized/a/1"];

Deno.test("keys go where their first part says, and are listed as one, in order", async () => {
  const [raw, normalized] = [memoryStorage(), memoryStorage()];
  const storage = storageByPrefix({ "raw/": raw, "normalized/": normalized });
  for (const key of KEYS) await storage.put(key, new Uint8Array([1]));
  const keys = async (prefix: string, of = storage) =>
    (await Array.fromAsync(of.list(prefix))).map(({ key }) => key);
  assert.deepEqual(await keys("", raw), ["raw/a/1", "raw/b/2"]);
  assert.deepEqual(await keys("", normalized), ["normalized/a/1"]);
  for (const prefix of ["", "r", "raw", "raw/", "raw/a", "n", "normalized/a/", "x", "rawer"]) {
    assert.deepEqual(await keys(prefix), KEYS.filter((key) => key.startsWith(prefix)).sort());
  }
  assert.equal(await storage.putIfAbsent?.("raw/a/1", new Uint8Array()), false);
  await storage.delete("raw/a/1");
  assert.equal(await storage.head("raw/a/1"), undefined);
  assert.equal((await storage.get("raw/b/2")).length, 1);
});

Deno.test("a key for no bucket is refused with the parts that there are", async () => {
  const storage = storageByPrefix({ "raw/": memoryStorage() });
  for (const action of [storage.get, storage.head, storage.delete]) {
    await assert.rejects(action("exports/x"), { code: "KEY_INVALID", hint: /raw\// });
  }
});

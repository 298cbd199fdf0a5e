import assert from "node:assert/strict";
import { cacheContract } from "../../tests/contract/cache.ts";
import { memoryCache } from "./memory.ts";

cacheContract(
  "memory",
  () => Promise.resolve({ cache: memoryCache(), remove: () => Promise.resolve() }),
);

Deno.test("memory cache: beyond its bytes the least recently used leave", async () => {
  const cache = memoryCache({ bytesMax: 10 * (100 + 2 * 2 + 2 * 100) });
  for (let n = 10; n < 20; n++) await cache.set(String(n), "x".repeat(100));
  assert.equal((await cache.get("10"))?.length, 100);
  await cache.set("20", "x".repeat(100));
  assert.equal(await cache.exists("10"), true);
  assert.equal(await cache.exists("11"), false);
  await cache.hashSet("hh", new Map([["f", "x".repeat(300)]]));
  const left = await cache.getMany(Array.from({ length: 11 }, (_, n) => String(n + 10)));
  assert.deepEqual(left.map((value) => value !== undefined).indexOf(true, 1), 5);
  assert.equal(await cache.hashGet("hh", "f"), "x".repeat(300));
});

Deno.test("memory cache: what is larger than the whole cache is not kept", async () => {
  const cache = memoryCache({ bytesMax: 1000 });
  await cache.set("small", "1");
  await cache.set("large", "x".repeat(1000));
  assert.deepEqual(await cache.getMany(["small", "large"]), [undefined, undefined]);
  await cache.set("small", "2");
  assert.equal(await cache.get("small"), "2");
});

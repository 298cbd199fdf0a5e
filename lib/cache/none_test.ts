import assert from "node:assert/strict";
import { cacheContract } from "../../tests/contract/cache.ts";
import { noCache } from "./none.ts";

cacheContract(
  "none",
  () => Promise.resolve({ cache: noCache(), remove: () => Promise.resolve() }),
  { keeps: false },
);

Deno.test("none cache: nothing is kept", async () => {
  const cache = noCache();
  await cache.set("a", "1");
  await cache.hashSet("h", new Map([["f", "1"]]));
  assert.equal(await cache.get("a"), undefined);
  assert.equal(await cache.exists("h"), false);
});

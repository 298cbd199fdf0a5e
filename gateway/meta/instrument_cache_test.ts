import assert from "node:assert/strict";
import { type Cache, memoryCache } from "@ssmd/cache";
import type { InstrumentFile } from "@ssmd/metadata";
import { InstrumentCache } from "./instrument_cache.ts";

const HASH = "secmaster:instruments";

function instrument(id: string): InstrumentFile {
  const at = "2026-11-01";
  const versions = [{ effective: at, known: at, state: "open" as const }];
  return { id, name: id, asset_class: "event", versions, mappings: [] };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!await condition()) {
    assert.ok(Date.now() < deadlineMs, "it never came about");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function holds(cache: Cache, ids: string): Promise<boolean> {
  return [...(await cache.hashGetAll(HASH)).keys()].sort().join(" ") === ids;
}

Deno.test("a cache that was away and lost all holds what is known again, and nothing else", async () => {
  let real = memoryCache();
  let problem = "";
  let asked = 0;
  const nothing = () => Promise.resolve(void asked++);
  // As a service's cache while its server is away: it takes nothing, and says so.
  const cache = new Proxy(real, {
    get(_, name) {
      if (name === "problem") return problem;
      if (problem !== "") return nothing;
      return (...args: unknown[]) => Reflect.apply(Reflect.get(real, name), real, args);
    },
  });
  const known = new Map(["A", "B"].map((id) => [id, instrument(id)]));
  const view = new InstrumentCache(cache, () => known.values(), 5);
  for (const each of known.values()) view.put(each);
  await until(() => holds(real, "A B"));
  problem = "it does not answer";
  known.set("C", instrument("C"));
  view.put(instrument("C"));
  known.delete("A");
  view.remove("A");
  await until(() => Promise.resolve(asked > 50));
  real = memoryCache();
  await real.hashSet(HASH, new Map([["OLD", "{}"]]));
  problem = "";
  await until(() => holds(real, "B C"));
  view.close();
});

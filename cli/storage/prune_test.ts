import assert from "node:assert/strict";
import type { ObjectVersion } from "@ssmd/storage";
import { prunable } from "./prune.ts";

/** Versions of one object, the newest first: their times, `d` = a deletion. */
function versionsOf(key: string, times: readonly string[]): ObjectVersion[] {
  return times.map((time, i) => ({
    ...{ key, version: `${key}${i}`, size: 1, isLatest: i === 0 },
    modifiedAtMs: Number(time.replace("d", "")),
    isDeletion: time.endsWith("d"),
  }));
}

async function pruned(keep: number, ...objects: ObjectVersion[][]): Promise<string[]> {
  async function* all() {
    yield* objects.flat();
  }
  const found = await Array.fromAsync(prunable(all(), { beforeMs: 100, keep }));
  return found.map(({ version }) => version);
}

Deno.test("what reads give now is never pruned, however old", async () => {
  assert.deepEqual(await pruned(0, versionsOf("a", ["1"]), versionsOf("b", ["2", "1"])), ["b1"]);
});

Deno.test("young versions stay, and of old ones as many as are to be kept", async () => {
  const object = versionsOf("a", ["200", "150", "90", "80", "70"]);
  assert.deepEqual(await pruned(0, object), ["a2", "a3", "a4"]);
  assert.deepEqual(await pruned(2, object), ["a3", "a4"]);
});

Deno.test("a deletion goes when it is the last that is left of its object", async () => {
  assert.deepEqual(await pruned(0, versionsOf("a", ["90d", "80", "70"])), ["a1", "a2", "a0"]);
  assert.deepEqual(await pruned(1, versionsOf("a", ["90d", "80", "70"])), ["a2"]);
  assert.deepEqual(await pruned(0, versionsOf("a", ["190d", "80"])), ["a1"]);
  assert.deepEqual(await pruned(0, versionsOf("a", ["200", "90d", "80"])), ["a1", "a2"]);
});

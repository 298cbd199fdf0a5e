import assert from "node:assert/strict";
import { inGroups } from "./in_groups.ts";

Deno.test("items are taken some at a time, and their results keep the order", async () => {
  let running = 0;
  let most = 0;
  const results = await inGroups([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return item * 10;
  });
  assert.deepEqual([results, most], [[50, 10, 40, 20, 30], 2]);
});

Deno.test("an item that fails ends it, and no later group begins", async () => {
  const seen: number[] = [];
  const failed = inGroups([1, 2, 3], 2, (item) => {
    seen.push(item);
    return item === 2 ? Promise.reject(new Error("no")) : Promise.resolve();
  });
  await assert.rejects(failed, /no/);
  assert.deepEqual(seen, [1, 2]);
});

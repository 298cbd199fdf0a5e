import assert from "node:assert/strict";
import { ProgressWatch } from "./progress_watch.ts";

Deno.test("work that waits and does not move hangs after so many looks, and no longer when it moves", () => {
  const watch = new ProgressWatch(3);
  const looked = (isWaiting: boolean, progress: number) => {
    watch.look(isWaiting, progress);
    return watch.isStuck;
  };
  assert.deepEqual([0, 0, 0, 0].map((progress) => looked(true, progress)), [
    ...[false, false, false, true],
  ]);
  assert.equal(looked(true, 1), false);
  assert.deepEqual([1, 1, 1].map((progress) => looked(false, progress)), [false, false, false]);
});

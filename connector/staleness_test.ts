import assert from "node:assert/strict";
import { StalenessMonitor } from "./staleness.ts";

const SECOND_US = 1_000_000;

function watchWith(
  intervalUs: number,
  records: number,
): { watch: StalenessMonitor; lastUs: number } {
  const watch = new StalenessMonitor();
  let lastUs = 0;
  for (let i = 0; i < records; i++) watch.seen("A", lastUs = i * intervalUs);
  return { watch, lastUs };
}

Deno.test("StalenessMonitor tells of a busy symbol that has fallen silent, once", () => {
  const { watch, lastUs } = watchWith(SECOND_US, 100);
  assert.deepEqual(watch.newlySilent(lastUs + 59 * SECOND_US), []);
  const [silent] = watch.newlySilent(lastUs + 61 * SECOND_US);
  assert.equal(silent?.symbol, "A");
  assert.equal(silent?.silentMs, 61_000);
  assert.deepEqual(watch.newlySilent(lastUs + 90 * SECOND_US), []);
  assert.equal(watch.silentCount, 1);
});

Deno.test("StalenessMonitor leaves a quiet symbol the time it usually takes", () => {
  const { watch, lastUs } = watchWith(60 * SECOND_US, 100);
  assert.deepEqual(watch.newlySilent(lastUs + 20 * 60 * SECOND_US), []);
  assert.equal(watch.newlySilent(lastUs + 31 * 60 * SECOND_US).length, 1);
});

Deno.test("StalenessMonitor blames nobody for the time the connection was away", () => {
  const { watch, lastUs } = watchWith(SECOND_US, 100);
  watch.restart(lastUs + 500 * SECOND_US);
  assert.deepEqual(watch.newlySilent(lastUs + 540 * SECOND_US), []);
});

Deno.test("StalenessMonitor says nothing of symbols it hardly knows", () => {
  const { watch, lastUs } = watchWith(SECOND_US, 5);
  assert.deepEqual(watch.newlySilent(lastUs + 3600 * SECOND_US), []);
});

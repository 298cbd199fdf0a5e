import assert from "node:assert/strict";
import { JobStore } from "./job_store.ts";

const JOB = { id: "seal/a", workflow: "seal", input: { day: "2026-08-01" } };

Deno.test("a job that is asked for twice runs once, and again when it is asked for after its end", () => {
  using store = new JobStore();
  assert.equal(store.enqueue({ ...JOB, nowUs: 10 }), true);
  assert.equal(store.enqueue({ ...JOB, nowUs: 11 }), false);
  const claimed = store.claim(12);
  assert.deepEqual([claimed?.state, claimed?.attempts, claimed?.input], [
    ...["running", 1, JOB.input],
  ]);
  assert.equal(store.enqueue({ ...JOB, nowUs: 13 }), false);
  assert.equal(store.claim(14), undefined);
  store.beginStep(JOB.id, "read", 15);
  store.endStep(JOB.id, "read", { nowUs: 16, result: { rows: 1 } });
  store.end(JOB.id, "done", { nowUs: 17 });
  assert.equal(store.enqueue({ ...JOB, nowUs: 18 }), true);
  assert.deepEqual(store.find(JOB.id)?.steps, []);
});

Deno.test("jobs begin in the order in which they are due, and not before", () => {
  using store = new JobStore();
  store.enqueue({ ...JOB, id: "late", nowUs: 20 });
  store.enqueue({ ...JOB, id: "early", nowUs: 10 });
  assert.equal(store.claim(9), undefined);
  assert.equal(store.claim(30)?.id, "early");
  assert.equal(store.claim(30)?.id, "late");
});

Deno.test("what a runner left that is gone is queued with its steps", () => {
  using store = new JobStore();
  store.enqueue({ ...JOB, nowUs: 1 });
  store.claim(2);
  store.beginStep(JOB.id, "read", 3);
  store.endStep(JOB.id, "read", { nowUs: 4, result: {} });
  store.beginStep(JOB.id, "write", 5);
  assert.equal(store.requeueRunning(6), 1);
  const { state, steps } = store.claim(7) ?? {};
  assert.equal(state, "running");
  assert.deepEqual(steps?.map(({ name, endedAtUs }) => [name, endedAtUs]), [
    ...[["read", 4], ["write", null]],
  ]);
});

Deno.test("restarts in the middle of a job use up none of its tries, failures do", () => {
  using store = new JobStore();
  store.enqueue({ ...JOB, nowUs: 1 });
  const error = { code: "AWAY", message: "away", hint: "wait" };
  const tries = [() => store.requeueRunning(2), () => store.postpone(JOB.id, 2, null)];
  for (const interrupt of [...tries, ...tries]) {
    assert.equal(store.claim(3)?.attempts, 1);
    interrupt();
  }
  store.claim(3);
  store.postpone(JOB.id, 3, error);
  assert.equal(store.claim(4)?.attempts, 2);
});

Deno.test("a cancelled job stays cancelled, whatever its runner says, until it is run again", () => {
  using store = new JobStore();
  store.enqueue({ ...JOB, nowUs: 1 });
  store.claim(2);
  assert.equal(store.cancel(JOB.id, 3), true);
  store.end(JOB.id, "done", { nowUs: 4 });
  store.postpone(JOB.id, 5, null);
  assert.equal(store.find(JOB.id)?.state, "cancelled");
  assert.equal(store.cancel(JOB.id, 6), false);
  assert.equal(store.retry(JOB.id, 7), true);
  assert.equal(store.claim(8)?.state, "running");
});

Deno.test("a job's log keeps its last thousand lines", () => {
  using store = new JobStore();
  for (let i = 0; i < 1_010; i++) store.addLine("a", { atUs: i, message: `${i}`, fields: {} });
  store.addLine("b", { atUs: 1, message: "other", fields: { n: 1 } });
  const lines = store.lines("a");
  assert.deepEqual([lines.length, lines[0]?.message, lines.at(-1)?.message], [1_000, "10", "1009"]);
  assert.deepEqual(store.lines("b"), [{ atUs: 1, message: "other", fields: { n: 1 } }]);
});

Deno.test("schedules keep their state, and a file that is none is refused", async () => {
  using store = new JobStore();
  assert.deepEqual(store.schedule("x"), { isPaused: false, lastAtUs: null });
  store.saveLastAt("x", 5);
  store.pauseSchedule("x", true);
  assert.deepEqual(store.schedule("x"), { isPaused: true, lastAtUs: 5 });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "no database, but long enough to be read as one ".repeat(100));
  assert.throws(() => new JobStore(file), { code: "JOB_STORE_FAILED" });
  await Deno.remove(file);
});

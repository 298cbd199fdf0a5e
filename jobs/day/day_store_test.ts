import assert from "node:assert/strict";
import { DayStore } from "./day_store.ts";

const DAY = { feed: "kraken", day: "2026-08-01" };

Deno.test("who took a day earlier is refused once another job has it", () => {
  using days = new DayStore();
  const first = days.claim({ ...DAY, to: "starting", job: "start", nowUs: 1 });
  const second = days.claim({ ...DAY, to: "ending", job: "end", nowUs: 2 });
  assert.ok(second > first);
  assert.throws(() => days.advance({ ...DAY, token: first }, "active", { nowUs: 3 }), {
    code: "DAY_FENCED",
    message: "kraken 2026-08-01 was taken over by end",
  });
  days.advance({ ...DAY, token: second }, "complete", { nowUs: 4 });
  assert.equal(days.find(DAY.feed, DAY.day).completeAtUs, 4);
});

Deno.test("a day goes its way only, and what failed may be tried again", () => {
  using days = new DayStore();
  assert.equal(days.find(DAY.feed, DAY.day).state, "pending");
  const token = days.claim({ ...DAY, to: "starting", job: "start", nowUs: 1 });
  const held = { ...DAY, token };
  assert.throws(() => days.advance(held, "complete", { nowUs: 2 }), { code: "DAY_STATE" });
  const error = { code: "X", message: "x", hint: "" };
  days.advance(held, "error", { nowUs: 2, error });
  assert.deepEqual(days.find(DAY.feed, DAY.day).error, error);
  days.advance(held, "starting", { nowUs: 3 });
  days.advance(held, "active", { nowUs: 4 });
  days.advance(held, "active", { nowUs: 5 });
  assert.deepEqual([days.find(DAY.feed, DAY.day).activeAtUs, days.find(DAY.feed, DAY.day).error], [
    ...[4, null],
  ]);
  // It is captured: it is not started a second time.
  assert.throws(() => days.claim({ ...DAY, to: "starting", job: "again", nowUs: 6 }), {
    code: "DAY_STATE",
  });
});

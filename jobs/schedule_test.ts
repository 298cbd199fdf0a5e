import assert from "node:assert/strict";
import type { Environment } from "@ssmd/metadata";
import { isoOfUs, usOfIso } from "@ssmd/runtime";
import { JobStore } from "./job_store.ts";
import { lastDueUs, nextDueUs, type Schedule, schedulesOf } from "./schedule.ts";
import { Scheduler, triggerSchedule } from "./scheduler.ts";

const DAILY: Schedule = {
  ...{ name: "end-days", workflow: "end-days", title: "", weekday: null, catchesUp: true },
  ...{ at: "02:30", timezone: "America/New_York", origin: "environment", input: {} },
};
const us = (iso: string) => usOfIso(iso) as number;
const around = (schedule: Schedule, iso: string) =>
  [lastDueUs(schedule, us(iso)), nextDueUs(schedule, us(iso))].map((each) =>
    isoOfUs(each).slice(0, 16)
  );

Deno.test("a daily time is that of the clocks of its zone, on days of 23 and 25 hours too", () => {
  // 2026-03-08: the clocks skip 02:30, 2026-11-01: they show 01:30 twice.
  assert.deepEqual(around(DAILY, "2026-03-07T12:00:00Z"), ["2026-03-07T07:30", "2026-03-08T07:30"]);
  assert.deepEqual(around(DAILY, "2026-03-08T12:00:00Z"), ["2026-03-08T07:30", "2026-03-09T06:30"]);
  const twice = { ...DAILY, at: "01:30" };
  assert.deepEqual(around(twice, "2026-11-01T05:45:00Z"), ["2026-11-01T05:30", "2026-11-02T06:30"]);
  // At the moment itself it is due.
  assert.deepEqual(around(DAILY, "2026-03-08T07:30:00Z"), ["2026-03-08T07:30", "2026-03-09T06:30"]);
});

Deno.test("a weekly time comes on its day only", () => {
  const weekly = { ...DAILY, at: "00:10", timezone: "UTC", weekday: 7 };
  assert.deepEqual(around(weekly, "2026-11-28T00:00:00Z"), [
    ...["2026-11-22T00:10", "2026-11-29T00:10"],
  ]);
});

Deno.test("an environment ends its days at 00:10 UTC unless its file says otherwise", () => {
  const environment = { name: "demo" } as Environment;
  const texts = (each: Environment) =>
    schedulesOf(each).map(({ name, at, timezone }) => `${name} ${at} ${timezone}`);
  assert.deepEqual(texts(environment), ["end-days 00:10 UTC", "verify 00:10 UTC"]);
  const schedule = { timezone: "Asia/Tokyo", day_end: "16:00" };
  assert.deepEqual(texts({ ...environment, schedule, retention: { raw_days: 3 } }), [
    ...["end-days 16:00 Asia/Tokyo", "retention 16:00 Asia/Tokyo", "verify 16:00 Asia/Tokyo"],
  ]);
  assert.deepEqual(texts({ ...environment, schedule: { auto_roll: false } }), []);
});

Deno.test("what was due while nothing ran is asked for once, and nothing in the quiet time", () => {
  using store = new JobStore();
  let nowUs = us("2026-08-04T12:00:00Z");
  const schedules = [{ ...DAILY, at: "00:10", timezone: "UTC" }];
  const scheduler = new Scheduler({
    ...{ env: "demo", store, schedules, nowUs: () => nowUs },
    notBeforeUs: nowUs + 60_000_000,
  });
  const ids = () => store.list().map(({ id }) => id);
  scheduler.tick();
  assert.deepEqual(ids(), []);
  nowUs += 60_000_000;
  scheduler.tick();
  scheduler.tick();
  assert.deepEqual(ids(), ["end-days/demo/2026-08-04T00:10:00Z"]);
  nowUs = us("2026-08-07T00:20:00Z");
  scheduler.tick();
  assert.deepEqual(ids()[0], "end-days/demo/2026-08-07T00:10:00Z");
  assert.equal(ids().length, 2);
});

Deno.test("a paused schedule asks for nothing by itself, and when it goes on once", () => {
  using store = new JobStore();
  const nowUs = us("2026-08-04T12:00:00Z");
  const options = { env: "demo", store, schedules: [DAILY], nowUs: () => nowUs, notBeforeUs: 0 };
  store.pauseSchedule("end-days", true);
  new Scheduler(options).tick();
  assert.equal(store.list().length, 0);
  triggerSchedule(store, { env: "demo", schedule: DAILY, nowUs });
  assert.equal(store.list().length, 1);
  store.pauseSchedule("end-days", false);
  new Scheduler(options).tick();
  new Scheduler(options).tick();
  assert.equal(store.list().length, 2);
});

Deno.test("a schedule that a command pauses or resumes while it is due stays so, and due once", () => {
  using store = new JobStore();
  let nowUs = us("2026-08-04T12:00:00Z");
  const scheduler = new Scheduler({
    ...{ env: "demo", store, schedules: [DAILY], nowUs: () => nowUs, notBeforeUs: 0 },
  });
  const { enqueue } = store;
  store.enqueue = (job) => {
    store.pauseSchedule("end-days", true);
    return enqueue.call(store, job);
  };
  scheduler.tick();
  const { isPaused, lastAtUs } = store.schedule("end-days");
  assert.deepEqual([isPaused, lastAtUs !== null], [true, true]);
  store.pauseSchedule("end-days", false);
  assert.deepEqual(store.schedule("end-days"), { isPaused: false, lastAtUs });
  store.enqueue = enqueue;
  scheduler.tick();
  nowUs = us("2026-08-05T12:00:00Z");
  scheduler.tick();
  assert.equal(store.list().length, 2);
});

Deno.test("a schedule goes on when a clock that was years ahead is set back", () => {
  using store = new JobStore();
  let nowUs = us("2031-08-04T12:00:00Z");
  const scheduler = new Scheduler({
    ...{ env: "demo", store, schedules: [DAILY], nowUs: () => nowUs, notBeforeUs: 0 },
  });
  scheduler.tick();
  nowUs = us("2026-08-04T12:00:00Z");
  for (let i = 0; i < 2; i++) scheduler.tick();
  const ids = () => store.list().map(({ id }) => id).sort();
  assert.deepEqual(ids(), [
    ...["end-days/demo/2026-08-04T06:30:00Z", "end-days/demo/2031-08-04T06:30:00Z"],
  ]);
  // A step back over the due time itself repeats nothing.
  nowUs = us("2026-08-05T06:30:00Z");
  scheduler.tick();
  nowUs -= 1_000_000;
  scheduler.tick();
  assert.equal(ids().length, 3);
});

Deno.test("a schedule that does not catch up begins with its next time", () => {
  using store = new JobStore();
  let nowUs = us("2026-08-04T12:00:00Z");
  const schedules = [{ ...DAILY, at: "00:10", timezone: "UTC", catchesUp: false }];
  const scheduler = new Scheduler({
    ...{ env: "demo", store, schedules, nowUs: () => nowUs, notBeforeUs: 0 },
  });
  scheduler.tick();
  assert.equal(store.list().length, 0);
  nowUs = us("2026-08-05T00:10:00Z");
  scheduler.tick();
  assert.equal(store.list().length, 1);
});

Deno.test("a created schedule asks for its job with its arguments until it is deleted", () => {
  using store = new JobStore();
  let nowUs = us("2026-08-04T12:00:00Z");
  const scheduler = new Scheduler({
    ...{ env: "demo", store, schedules: [DAILY], nowUs: () => nowUs, notBeforeUs: 0 },
  });
  const created: Schedule = {
    ...{ ...DAILY, name: "nightly", workflow: "export", origin: "created", input: { out: "n" } },
    ...{ at: "13:00", timezone: "UTC", catchesUp: false },
  };
  assert.equal(store.createSchedule(created), true);
  assert.equal(store.createSchedule({ ...created, at: "14:00" }), false);
  const mine = () => store.list({ workflow: "export" }).map(({ id, input }) => [id, input]);
  scheduler.tick();
  assert.deepEqual(mine(), []);
  nowUs = us("2026-08-04T13:00:00Z");
  scheduler.tick();
  scheduler.tick();
  assert.deepEqual(mine(), [["nightly/demo/2026-08-04T13:00:00Z", { out: "n" }]]);
  assert.equal(store.deleteSchedule("nightly"), true);
  assert.equal(store.deleteSchedule("nightly"), false);
  nowUs = us("2026-08-05T13:00:00Z");
  scheduler.tick();
  assert.equal(mine().length, 1);
  // One of this name begins anew, with its own times.
  store.createSchedule({ ...created, at: "13:30" });
  nowUs = us("2026-08-05T13:10:00Z");
  scheduler.tick();
  nowUs = us("2026-08-05T13:30:00Z");
  scheduler.tick();
  assert.deepEqual(mine().map(([id]) => id), [
    ...["nightly/demo/2026-08-05T13:30:00Z", "nightly/demo/2026-08-04T13:00:00Z"],
  ]);
});

import assert from "node:assert/strict";
import type { Environment } from "@ssmd/metadata";
import { TradingDays } from "@ssmd/metadata";
import { silentLogger, usOfIso } from "@ssmd/runtime";
import { JobStore } from "./job_store.ts";
import type { DayJobs } from "./day/day_jobs.ts";
import { DayRoller } from "./day_roller.ts";
import { DayStore } from "./day/day_store.ts";

const STOCKS = new TradingDays({
  ...{ name: "stocks", display_name: "Stocks", timezone: "America/New_York", special_days: [] },
  versions: [{
    ...{ from: "2020-01-01", maintenance: [] },
    open: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "09:30", to: "16:00" }],
  }],
});

/** A roller whose clock and calendar are the test's, with what it asked for. */
function rollerOf(calendar: TradingDays, { isCaptured = true, schedule = {} } = {}) {
  const store = new JobStore();
  const days = new DayStore();
  let atUs = 0;
  const day = {
    ...{ days, nowUs: () => atUs, tradingDays: () => Promise.resolve(calendar) },
    services: () => Promise.resolve(isCaptured ? {} : undefined),
  } as unknown as DayJobs;
  const environment = { name: "demo", feeds: ["kraken"], schedule } as unknown as Environment;
  const roller = new DayRoller({
    ...{ environment, store, day, notBeforeUs: 0, logger: silentLogger },
  });
  return {
    days,
    at: async (iso: string) => {
      atUs = usOfIso(iso) as number;
      await roller.tick();
      return store.list().map(({ id }) => id).sort();
    },
    activate: (label: string, job: string) => {
      days.claim({ feed: "kraken", day: label, to: "active", job, nowUs: atUs });
    },
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      days[Symbol.dispose]();
    },
  };
}

Deno.test("a market that never closes is started once, and rolled when its day is over", async () => {
  using roller = rollerOf(new TradingDays(undefined));
  assert.deepEqual(await roller.at("2026-08-01T12:00:00Z"), ["start-day/demo/kraken/2026-08-01"]);
  roller.activate("2026-08-01", "start-day/demo/kraken/2026-08-01");
  // Its last records are on their way into the archive.
  assert.equal((await roller.at("2026-08-02T00:01:00Z")).length, 1);
  assert.deepEqual(await roller.at("2026-08-02T00:02:00Z"), [
    "roll-day/demo/kraken/v1/2026-08-01",
    "start-day/demo/kraken/2026-08-01",
  ]);
});

Deno.test("a market that closes is ended after its close and started at its next opening", async () => {
  using roller = rollerOf(STOCKS);
  assert.deepEqual(await roller.at("2026-07-31T13:00:00Z"), []);
  assert.deepEqual(await roller.at("2026-07-31T13:30:00Z"), ["start-day/demo/kraken/2026-07-31"]);
  roller.activate("2026-07-31", "start-day/demo/kraken/2026-07-31");
  // Friday's close; the archived day is over at midnight UTC.
  assert.equal((await roller.at("2026-07-31T21:00:00Z")).length, 1);
  assert.deepEqual(await roller.at("2026-08-01T00:02:00Z"), [
    "end-day/demo/kraken/v1/2026-07-31",
    "start-day/demo/kraken/2026-07-31",
  ]);
  roller.days.claim({ feed: "kraken", day: "2026-07-31", to: "ending", job: "end", nowUs: 1 });
  assert.equal((await roller.at("2026-08-02T12:00:00Z")).length, 2);
  assert.ok((await roller.at("2026-08-03T13:30:00Z")).includes("start-day/demo/kraken/2026-08-03"));
});

Deno.test("where nothing captures any more a day is ended, and none is started", async () => {
  using roller = rollerOf(new TradingDays(undefined), { isCaptured: false });
  assert.deepEqual(await roller.at("2026-08-01T12:00:00Z"), []);
  roller.activate("2026-08-01", "start");
  assert.deepEqual(await roller.at("2026-08-05T12:00:00Z"), ["end-day/demo/kraken/v1/2026-08-01"]);
});

Deno.test("no day goes by itself where the file says auto_roll: false", async () => {
  using roller = rollerOf(new TradingDays(undefined), { schedule: { auto_roll: false } });
  assert.deepEqual(await roller.at("2026-08-01T12:00:00Z"), []);
});

Deno.test("a day is started though the clock was ahead before, and was set back", async () => {
  using roller = rollerOf(STOCKS);
  assert.deepEqual(await roller.at("2030-08-04T13:00:00Z"), []);
  assert.deepEqual(await roller.at("2026-07-31T13:30:00Z"), ["start-day/demo/kraken/2026-07-31"]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Calendar, CalendarVersion } from "./calendar.ts";
import { isOpen, nextCloseUs, nextOpenUs, openSpans } from "./calendar_hours.ts";
import { loadCalendar, loadFeed } from "./registry.ts";

const REGISTRY = new URL("../../exchanges", import.meta.url).pathname;
const us = (iso: string) => Date.parse(iso) * 1000;
const iso = (atUs: number | undefined) =>
  atUs === undefined ? undefined : new Date(atUs / 1000).toISOString().replace(".000Z", "Z");

async function calendarOf(feed: string): Promise<Calendar> {
  const calendar = await loadCalendar(REGISTRY, await loadFeed(REGISTRY, feed));
  assert.ok(calendar !== undefined);
  return calendar;
}

function calendar(
  timezone: string,
  version: Partial<CalendarVersion>,
  rest: Partial<Calendar> = {},
): Calendar {
  const whole: CalendarVersion = {
    from: "2020-01-01",
    open: "always",
    maintenance: [],
    ...version,
  };
  return { name: "t", display_name: "T", timezone, versions: [whole], special_days: [], ...rest };
}

/** A stock exchange's week. */
const STOCKS = calendar("America/New_York", {
  open: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "09:30", to: "16:00" }],
}, {
  special_days: [
    { date: "2026-11-26", reason: "Thanksgiving", open: [] },
    { date: "2026-11-27", reason: "the day after", open: [{ from: "09:30", to: "13:00" }] },
  ],
});

/** A futures exchange's week: sessions begin on the evening before. */
const FUTURES = calendar("America/Chicago", {
  open: [{ days: ["sun", "mon", "tue", "wed", "thu"], from: "17:00", to: "16:00" }],
}, { special_days: [{ date: "2026-12-25", reason: "Christmas", open: [] }] });

function spans(of: Calendar | undefined, from: string, to: string): string[] {
  return openSpans(of, us(from), us(to)).map(({ fromUs, toUs }) => `${iso(fromUs)}/${iso(toUs)}`);
}

Deno.test("Kalshi is closed on Thursdays from 03:00 to 05:00 in New York, in winter and in summer", async () => {
  const kalshi = await calendarOf("kalshi");
  assert.deepEqual(spans(kalshi, "2026-03-05T00:00:00Z", "2026-03-13T00:00:00Z"), [
    "2026-03-05T00:00:00Z/2026-03-05T08:00:00Z",
    "2026-03-05T10:00:00Z/2026-03-12T07:00:00Z",
    "2026-03-12T09:00:00Z/2026-03-13T00:00:00Z",
  ]);
  assert.equal(isOpen(kalshi, us("2026-03-12T06:59:59.999Z")), true);
  assert.equal(isOpen(kalshi, us("2026-03-12T07:00:00Z")), false);
  assert.equal(isOpen(kalshi, us("2026-03-12T09:00:00Z")), true);
  assert.equal(iso(nextOpenUs(kalshi, us("2026-03-12T07:30:00Z"))), "2026-03-12T09:00:00Z");
  assert.equal(iso(nextCloseUs(kalshi, us("2026-03-12T09:00:00Z"))), "2026-03-19T07:00:00Z");
});

Deno.test("Kraken, and a feed without a calendar, are always open", async () => {
  const kraken = await calendarOf("kraken");
  for (const always of [kraken, undefined]) {
    const at = us("2026-11-26T12:00:00Z");
    assert.deepEqual([nextOpenUs(always, at), nextCloseUs(always, at)], [at, undefined]);
  }
});

Deno.test("holidays are closed whole, early closes close early, and weekends are looked over", () => {
  assert.deepEqual(spans(STOCKS, "2026-11-25T00:00:00Z", "2026-12-01T00:00:00Z"), [
    "2026-11-25T14:30:00Z/2026-11-25T21:00:00Z",
    "2026-11-27T14:30:00Z/2026-11-27T18:00:00Z",
    "2026-11-30T14:30:00Z/2026-11-30T21:00:00Z",
  ]);
  assert.equal(iso(nextOpenUs(STOCKS, us("2026-11-27T18:00:00Z"))), "2026-11-30T14:30:00Z");
  assert.equal(iso(nextCloseUs(STOCKS, us("2026-11-27T14:30:00Z"))), "2026-11-27T18:00:00Z");
  assert.equal(nextCloseUs(STOCKS, us("2026-11-28T14:30:00Z")), us("2026-11-28T14:30:00Z"));
});

Deno.test("a window over midnight goes on, and a holiday cuts it at its midnight", () => {
  assert.deepEqual(spans(FUTURES, "2026-12-24T00:00:00Z", "2026-12-26T23:00:00Z"), [
    "2026-12-24T00:00:00Z/2026-12-24T22:00:00Z",
    "2026-12-24T23:00:00Z/2026-12-25T06:00:00Z",
  ]);
  assert.equal(isOpen(FUTURES, us("2026-12-23T04:00:00Z")), true);
});

Deno.test("a time that the clocks skip comes as much later, one shown twice counts the first time", () => {
  const night = calendar("America/New_York", {
    open: [{ days: ["sun"], from: "01:30", to: "02:30" }],
  });
  // 2026-03-08: 02:00 becomes 03:00. 2026-11-01: 02:00 becomes 01:00.
  assert.deepEqual(spans(night, "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"), [
    "2026-03-08T06:30:00Z/2026-03-08T07:30:00Z",
  ]);
  assert.deepEqual(spans(night, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), [
    "2026-11-01T05:30:00Z/2026-11-01T07:30:00Z",
  ]);
  const day = calendar("America/New_York", {
    open: [{ days: ["sun"], from: "00:00", to: "24:00" }],
  });
  const hours = (date: string) => {
    const [span] = openSpans(day, us(`${date}T00:00:00Z`), us(`${date}T00:00:00Z`) + 2 * 864e8);
    return ((span?.toUs ?? 0) - (span?.fromUs ?? 0)) / 3.6e9;
  };
  assert.deepEqual([hours("2026-03-08"), hours("2026-03-15"), hours("2026-11-01")], [23, 24, 25]);
});

Deno.test("a version holds from its own day of the calendar's clocks; before the first it is closed", () => {
  const changed = calendar("Asia/Tokyo", {}, {
    versions: [
      {
        from: "2026-01-01",
        open: [{ days: ["thu"], from: "09:00", to: "15:00" }],
        maintenance: [],
      },
      {
        from: "2026-01-08",
        open: [{ days: ["thu"], from: "09:00", to: "15:30" }],
        maintenance: [],
      },
    ],
  });
  assert.deepEqual(spans(changed, "2025-12-01T00:00:00Z", "2026-01-09T00:00:00Z"), [
    "2026-01-01T00:00:00Z/2026-01-01T06:00:00Z",
    "2026-01-08T00:00:00Z/2026-01-08T06:30:00Z",
  ]);
  const ended = calendar("UTC", { open: [{ days: ["mon"], from: "00:00", to: "24:00" }] }, {
    versions: [{ from: "2099-01-01", open: "always", maintenance: [] }],
  });
  assert.equal(nextOpenUs(ended, us("2026-01-01T00:00:00Z")), undefined);
});

const ZONES = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata"];

Deno.test("whatever the week: spans are apart and in order, and all answers agree with them", () => {
  const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
  const window = fc.record({
    days: fc.subarray(["mon", "wed", "sat", "sun"] as const, { minLength: 1 }),
    from: time,
    to: time,
  }).filter(({ from, to }) => from !== to);
  const week = fc.record({
    timezone: fc.constantFrom(...ZONES),
    open: fc.oneof(
      fc.constant("always" as const),
      fc.array(window, { minLength: 1, maxLength: 3 }),
    ),
    maintenance: fc.array(window.map((each) => ({ ...each, reason: "r" })), { maxLength: 2 }),
    day: fc.integer({ min: 0, max: 364 }),
  });
  fc.assert(
    fc.property(week, ({ timezone, day, ...version }) => {
      const of = calendar(timezone, version);
      const fromUs = us("2026-01-01T00:00:00Z") + day * 864e8;
      const found = openSpans(of, fromUs, fromUs + 864e8);
      found.forEach((span, i) => {
        assert.ok(span.fromUs < span.toUs && span.fromUs > (found[i - 1]?.toUs ?? -1));
        assert.ok(isOpen(of, span.fromUs) && isOpen(of, span.toUs - 1));
        if (span.toUs < fromUs + 864e8) {
          assert.equal(isOpen(of, span.toUs), false);
          assert.equal(nextCloseUs(of, span.fromUs), span.toUs);
        }
        if (span.fromUs > fromUs) assert.equal(isOpen(of, span.fromUs - 1), false);
      });
      if (found[0]) assert.equal(nextOpenUs(of, fromUs), found[0].fromUs);
    }),
    { numRuns: 100 },
  );
});

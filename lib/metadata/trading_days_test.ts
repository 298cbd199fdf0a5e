import assert from "node:assert/strict";
import fc from "fast-check";
import { cpuMsOf } from "../../tests/contract/cpu_time.ts";
import type { Calendar } from "./calendar.ts";
import { isOpen } from "./calendar_hours.ts";
import { loadCalendar } from "./registry.ts";
import { TradingDays } from "./trading_days.ts";

const REGISTRY = new URL("../../exchanges", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const us = (iso: string) => Date.parse(iso) * 1000;
const minuteOf = (atUs: number) => new Date(atUs / 1000).toISOString().slice(0, 16);

async function calendarNamed(name: string): Promise<Calendar> {
  const calendar = await loadCalendar(REGISTRY, { calendar: name });
  assert.ok(calendar !== undefined);
  return calendar;
}

/** A futures exchange's week: sessions begin on the evening before the day that they count for. */
const FUTURES: Calendar = {
  ...{ name: "futures", display_name: "Futures", timezone: "America/Chicago" },
  versions: [{
    ...{ from: "2020-01-01", maintenance: [] },
    open: [{ days: ["sun", "mon", "tue", "wed", "thu"], from: "17:00", to: "16:00" }],
  }],
  special_days: [{ date: "2026-12-25", reason: "Christmas", open: [] }],
};

const XNYS = `
import exchange_calendars
calendar = exchange_calendars.get_calendar("XNYS", start="2010-01-01", end="2027-12-31")
for day, row in calendar.schedule.iterrows():
    print(f"{day:%Y-%m-%d} {row['open']:%Y-%m-%dT%H:%M} {row['close']:%Y-%m-%dT%H:%M}")
`;

/** Every session of the New York Stock Exchange from 2010 to 2027, as others know it. */
function sessionsOfOthers(): string[] | undefined {
  try {
    const { success, stdout, stderr } = new Deno.Command("python3", { args: ["-c", XNYS] })
      .outputSync();
    if (success) return new TextDecoder().decode(stdout).trim().split("\n");
    if (REQUIRED) throw new Error(new TextDecoder().decode(stderr));
  } catch (error) {
    if (REQUIRED) throw error;
  }
  return undefined;
}

const others = sessionsOfOthers();

Deno.test({
  name: "US equities trade as exchange_calendars has it, every day from 2010 to 2027" +
    (others === undefined ? " (skipped: python3 has no exchange_calendars)" : ""),
  ignore: others === undefined,
  async fn() {
    const days = new TradingDays(await calendarNamed("us-equity"));
    const sessions: string[] = [];
    let date = Temporal.PlainDate.from("2010-01-01");
    for (; date.year < 2028; date = date.add({ days: 1 })) {
      const day = days.on(date.toString());
      for (const { label, fromUs, toUs } of day?.sessions ?? []) {
        sessions.push(`${label} ${minuteOf(fromUs)} ${minuteOf(toUs)}`);
      }
    }
    assert.deepEqual(sessions, others);
    assert.equal(sessions.length, 4526);
  },
});

Deno.test("a day is a label of the calendar: half days, weekends and holidays included", async () => {
  const days = new TradingDays(await calendarNamed("us-equity"));
  const dayAt = (iso: string) => {
    const day = days.at(us(iso));
    return day && `${day.label} ${minuteOf(day.fromUs)} ${minuteOf(day.toUs)}`;
  };
  // Thanksgiving is no day; the Friday after it is half of one, and begins with Wednesday's close.
  const friday = "2026-11-27 2026-11-25T21:00 2026-11-27T18:00";
  assert.equal(dayAt("2026-11-26T12:00:00Z"), friday);
  assert.equal(dayAt("2026-11-27T17:59:59Z"), friday);
  assert.equal(dayAt("2026-11-27T18:00:00Z"), "2026-11-30 2026-11-27T18:00 2026-11-30T21:00");
  assert.equal(days.on("2026-11-26"), undefined);
  assert.equal(days.isOpen(us("2026-11-27T18:30:00Z")), false);
  assert.equal(dayAt("1999-01-01T12:00:00Z"), undefined);
});

Deno.test("days of a market that never closes are 23 and 25 hours long where its clocks change", async () => {
  const kalshi = new TradingDays(await calendarNamed("kalshi"));
  const hours = (label: string) => {
    const { fromUs, toUs } = kalshi.on(label) ?? { fromUs: 0, toUs: 0 };
    return (toUs - fromUs) / 3_600_000_000;
  };
  assert.deepEqual(["2026-03-07", "2026-03-08", "2026-11-01", "2026-11-05"].map(hours), [
    ...[24, 23, 25, 24],
  ]);
  // In New York it is the day before.
  assert.equal(kalshi.at(us("2026-08-02T03:59:59Z"))?.label, "2026-08-01");
  assert.equal(new TradingDays(undefined).at(us("2026-08-02T03:59:59Z"))?.label, "2026-08-02");
});

Deno.test("a session over midnight counts for the day on which it ends", () => {
  const days = new TradingDays(FUTURES);
  assert.equal(days.at(us("2026-11-29T23:30:00Z"))?.label, "2026-11-30");
  assert.equal(days.at(us("2026-11-30T21:59:00Z"))?.label, "2026-11-30");
  assert.equal(days.at(us("2026-11-30T22:00:00Z"))?.label, "2026-12-01");
  // The evening before Christmas is open until midnight.
  const christmas = days.on("2026-12-25");
  assert.equal(minuteOf(christmas?.toUs ?? 0), "2026-12-25T06:00");
});

Deno.test("every moment is of one day, and is open when the calendar's hours say so", async () => {
  const calendars = [FUTURES, await calendarNamed("us-equity"), await calendarNamed("kalshi")];
  for (const calendar of calendars) {
    const days = new TradingDays(calendar);
    fc.assert(
      fc.property(
        fc.integer({ min: us("2021-08-01T00:00Z"), max: us("2027-11-01T00:00Z") }),
        (atUs) => {
          const day = days.at(atUs);
          assert.ok(day !== undefined && day.fromUs <= atUs && atUs < day.toUs);
          assert.equal(days.isOpen(atUs), isOpen(calendar, atUs));
          assert.equal(days.at(day.toUs)?.fromUs, day.toUs);
          assert.equal(days.on(day.label)?.toUs, day.toUs);
        },
      ),
      { numRuns: 200 },
    );
  }
});

Deno.test("a million look-ups come from what is kept", async () => {
  const days = new TradingDays(await calendarNamed("us-equity"));
  const fromUs = us("2010-01-04T00:00:00Z");
  const stepUs = Math.floor((us("2027-12-01T00:00:00Z") - fromUs) / 1_000_000);
  for (let i = 0; i < 1_000_000; i += 1000) days.at(fromUs + i * stepUs);
  let open = 0;
  const cpuMs = await cpuMsOf(() => {
    // In no order, as records of several feeds come.
    for (let i = 0; i < 1_000_000; i++) {
      if (days.isOpen(fromUs + (i * 7919 % 1_000_000) * stepUs)) open++;
    }
  });
  assert.ok(open > 180_000 && open < 190_000, `${open}`);
  // Far from a bench: worked out each time it would take minutes.
  assert.ok(cpuMs < 15_000, `${cpuMs} ms`);
});

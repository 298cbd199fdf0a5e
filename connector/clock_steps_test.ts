import assert from "node:assert/strict";
import fc from "fast-check";
import { Translator } from "@ssmd/exchanges";
import { ClockGapReporter } from "./clock_gap_reporter.ts";
import { AHEAD_US_MAX, type ClockStep, StepClock } from "./clock_steps.ts";
import { fakeVenue } from "./testing/fake_venue.ts";

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;
const START_US = 1_795_860_000 * SECOND_US;

/** A machine whose clock a test sets. */
function setup() {
  const time = { wallUs: START_US, ms: 0 };
  const clock = new StepClock({ wallUs: () => time.wallUs, steadyMs: () => time.ms });
  const steps: ClockStep[] = [];
  /** Passes seconds; each has a line and a look. */
  const pass = (seconds: number) => {
    const times: number[] = [];
    for (let i = 0; i < seconds; i++) {
      time.ms += 1000;
      time.wallUs += SECOND_US;
      times.push(clock.nowUs());
      const step = clock.look();
      if (step === undefined) continue;
      steps.push(step);
      if (step.type === "settled" && step.returns) clock.returnToSystem();
    }
    return times;
  };
  return { time, clock, steps, pass };
}

Deno.test("a clock that jumps ahead for 10 s is wrong for these 10 s alone, and they are a clock gap", () => {
  const { time, steps, pass } = setup();
  pass(5);
  time.wallUs += HOUR_US;
  const wrong = pass(10);
  time.wallUs -= HOUR_US;
  const right = pass(5);
  assert.deepEqual(steps, [
    {
      type: "suspect",
      fromUs: START_US + HOUR_US + 5 * SECOND_US,
      why: "the clock was set ahead by 3600 s",
    },
    { type: "settled", why: "the clock was set back by 3600 s", returns: true },
  ]);
  const [suspect] = steps;
  assert.ok(suspect?.type === "suspect" && wrong.every((us) => us >= suspect.fromUs));
  // The second in which it was set back is still timed behind the wrong ones.
  assert.ok((right[0] ?? 0) > (wrong.at(-1) ?? 0));
  assert.equal(right.at(-1), time.wallUs);
});

Deno.test("a clock that is set back by little goes at half pace, and that span is a clock gap", () => {
  const { time, steps, pass } = setup();
  pass(5);
  time.wallUs -= 10 * SECOND_US;
  const times = pass(100);
  assert.deepEqual(times.toSorted((a, b) => a - b), times);
  assert.equal(steps[0]?.type, "suspect");
  assert.match(steps[0]?.why ?? "", /^the clock was set back by 9\.500 s: time goes at half pace/);
  assert.deepEqual(steps.slice(1), [
    { type: "settled", why: "the clock has kept its time", returns: false },
  ]);
  // Half pace takes twice as long, and no longer.
  assert.equal(times.filter((us, i) => us !== START_US + (i - 4) * SECOND_US).length, 19);
});

Deno.test("a clock that was far ahead from the start is told before its time is gone back to", () => {
  const { time, steps, pass } = setup();
  pass(5);
  time.wallUs -= HOUR_US;
  const times = pass(3);
  assert.deepEqual(steps.map(({ type }) => type), ["suspect", "settled"]);
  assert.equal(times.at(-1), time.wallUs);
});

Deno.test("a clock that is steered is no news", () => {
  const { time, steps, pass } = setup();
  for (let i = 0; i < 100; i++) {
    time.wallUs += i % 2 === 0 ? 5_000 : -5_000;
    pass(1);
  }
  assert.deepEqual(steps, []);
});

Deno.test("a running process has the limit of a restart, and no gap ends before it begins, whatever the clock did", () => {
  const step = fc.tuple(
    fc.oneof(fc.integer({ min: -2 * HOUR_US, max: 2 * HOUR_US }), fc.constant(0)),
    fc.constantFrom("line", "disconnect", "connect", "resumed"),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { time, clock } = setup();
    const normalizer = fakeVenue().normalizers[0]?.create({ feed: "fake", symbols: [] });
    assert.ok(normalizer);
    const translator = new Translator("fake", normalizer);
    const write = (name: string, fromUs?: number) => {
      const line = { name, why: "test", ...(fromUs === undefined ? {} : { fromUs }) };
      for (const event of translator.event(line, clock.nowUs()).events) {
        assert.ok(event.type === "gap");
        assert.ok(event.toUs === 0 || event.fromUs <= event.toUs, JSON.stringify(event));
        assert.ok(event.fromUs <= event.receivedAtUs || event.recovered, JSON.stringify(event));
      }
    };
    const news = new ClockGapReporter((_, name, { fromUs }) => write(name, fromUs));
    for (const [setUs, name] of steps) {
      time.wallUs += setUs;
      time.ms += 1000;
      time.wallUs += SECOND_US;
      write(name, name === "resumed" ? time.wallUs - setUs : undefined);
      for (let looks = 0; looks < 2; looks++) {
        const found = clock.look();
        if (found === undefined) continue;
        news.tellStep([1], found);
        if (found.type === "settled" && found.returns) clock.returnToSystem();
      }
      assert.ok(clock.nowUs() - time.wallUs <= AHEAD_US_MAX + SECOND_US);
    }
  }));
});

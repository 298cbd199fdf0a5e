import assert from "node:assert/strict";
import fc from "fast-check";
import { SteadyClock } from "./clock.ts";

function setup() {
  const time = { wallUs: 1_000_000_000, ms: 0 };
  const clock = new SteadyClock({ wallUs: () => time.wallUs, steadyMs: () => time.ms });
  const pass = (ms: number) => {
    time.ms += ms;
    time.wallUs += Math.round(ms * 1000);
  };
  return { time, clock, pass };
}

Deno.test("a steady clock shows the system's time while that goes on", () => {
  const { time, clock, pass } = setup();
  for (const ms of [0, 1, 0.001, 5000, 0.25]) {
    pass(ms);
    assert.equal(clock.nowUs(), time.wallUs);
  }
});

Deno.test("when the clock is set back, time goes on at half pace until it is reached", () => {
  const { time, clock, pass } = setup();
  const before = clock.nowUs();
  time.wallUs -= 10_000_000;
  assert.equal(clock.aheadUs, 10_000_000);
  pass(4_000);
  assert.equal(clock.nowUs(), before + 2_000_000);
  for (let i = 0; i < 16_000; i++) {
    pass(1);
    clock.nowUs();
  }
  assert.equal(clock.nowUs(), time.wallUs);
  assert.equal(clock.aheadUs, 0);
});

Deno.test("whatever is done to the system's clock, a steady clock never goes back", () => {
  const step = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 100_000 }));
  fc.assert(fc.property(fc.array(step), fc.nat(1e9), (steps, startUs) => {
    const { time, clock, pass } = setup();
    clock.startAt(startUs);
    let last = startUs;
    for (const [setUs, us] of steps) {
      pass(us / 1000);
      time.wallUs += setUs;
      const now = clock.nowUs();
      assert.ok(now >= last && Number.isInteger(now), `${now} after ${last}`);
      last = now;
    }
  }));
});

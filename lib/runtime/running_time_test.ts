import assert from "node:assert/strict";
import { RunningTime } from "./running_time.ts";

Deno.test("time in which a process was stopped does not count as time in which nothing came", () => {
  let steadyMs = 0;
  const running = new RunningTime(500, () => steadyMs);
  for (let tick = 1; tick <= 10; tick++) {
    steadyMs += 500;
    assert.equal(running.tick(), tick * 500);
  }
  steadyMs += 15_000;
  assert.equal(running.nowMs, 5_500, "also before the first tick");
  assert.equal(running.tick(), 5_500);
  steadyMs += 120;
  assert.equal(running.nowMs, 5_620);
  steadyMs += 700;
  assert.equal(running.tick(), 6_320, "a timer that is a little late is counted as it is");
});

import assert from "node:assert/strict";
import { cpuTimeMs } from "./cpu_time.ts";

Deno.test("the processor time of a process grows as it works, and is unknown once it is gone", async () => {
  const before = await cpuTimeMs(Deno.pid) ?? assert.fail("there is none");
  let now = before;
  // As long as it takes: 100 ms of work, on whatever machine.
  for (const untilMs = performance.now() + 300_000; now < before + 100;) {
    assert.ok(performance.now() < untilMs, "it does not grow");
    for (let i = 0; i < 1e7; i++) Math.sqrt(i);
    now = await cpuTimeMs(Deno.pid) ?? assert.fail("there is none");
  }
  const child = new Deno.Command("/bin/sh", { args: ["-c", "exit"] }).spawn();
  await child.status;
  assert.equal(await cpuTimeMs(child.pid), undefined);
});

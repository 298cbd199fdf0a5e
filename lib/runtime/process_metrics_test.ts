import assert from "node:assert/strict";
import { Metrics } from "./metrics.ts";
import { exportProcess } from "./process_metrics.ts";

Deno.test("a process tells what runs, what it uses and how much of its disk is free", async () => {
  const { registry } = new Metrics("process");
  const dataDir = await Deno.makeTempDir();
  exportProcess(registry, { component: "archiver", dataDir });
  const valueOf = (name: string) => {
    const [, value] = new RegExp(`^${name}(?:\\{.*\\})? (.+)$`, "m").exec(registry.text()) ?? [];
    return value === undefined ? undefined : Number(value);
  };
  assert.match(registry.text(), /ssmd_build_info\{component="archiver",version="\d/);
  const now = Date.now() / 1000;
  const started = valueOf("ssmd_process_start_time_seconds") ?? 0;
  assert.ok(started <= now && started > now - 86_400, String(started));
  assert.ok((valueOf("ssmd_process_resident_memory_bytes") ?? 0) > 1e6);
  const before = valueOf("ssmd_process_cpu_seconds_total") ?? 0;
  let after = before;
  // It gets as much as a busy machine gives.
  for (let round = 0; round < 600 && after <= before; round++) {
    const end = performance.now() + 100;
    while (performance.now() < end);
    after = valueOf("ssmd_process_cpu_seconds_total") ?? 0;
  }
  assert.ok(after > before);
  assert.ok((valueOf("ssmd_process_disk_free_bytes") ?? 0) > 0);
  await Deno.remove(dataDir);
  assert.equal(valueOf("ssmd_process_disk_free_bytes"), undefined);
});

Deno.test("counts of label values that are known are 0 from the start, others come by themselves", () => {
  const metrics = new Metrics("x");
  metrics.counter("a_total", "A.", { feed: ["k"], type: ["p", "q"] });
  metrics.counter("a_total", "A.", { feed: ["l"], type: ["p"] }).inc({ feed: "m", type: "q" });
  metrics.counter("b_total", "B.", ["code"]);
  assert.deepEqual(metrics.text().split("\n").filter((line) => /^ssmd/.test(line)), [
    'ssmd_x_a_total{feed="k",type="p"} 0',
    'ssmd_x_a_total{feed="k",type="q"} 0',
    'ssmd_x_a_total{feed="l",type="p"} 0',
    'ssmd_x_a_total{feed="m",type="q"} 1',
  ]);
});

import assert from "node:assert/strict";
import { Health, livenessReasons, readinessReport } from "./health.ts";
import { Metrics } from "./metrics.ts";
import { serveMetrics } from "./scrape.ts";

function setup() {
  let now = 1_000_000;
  const metrics = new Metrics("connector");
  const health = new Health({ registry: metrics.registry, nowUs: () => now });
  const reasons = new Map<string, string>();
  const checks = health.component("connector", "kraken");
  checks.requireForReadiness("venue", () => reasons.get("venue"));
  checks.requireForReadiness("bus", () => reasons.get("bus"));
  checks.requireForLiveness("spool", () => reasons.get("spool"));
  return { metrics, health, reasons, checks, at: (us: number) => now = us };
}

Deno.test("health names every failing condition, with the time at which it was seen first", () => {
  const { health, reasons, checks, at } = setup();
  assert.deepEqual(readinessReport(health), { ready: true, reasons: [], conditions: [] });
  reasons.set("venue", "not connected");
  at(2_000_000);
  checks.look();
  at(3_000_000);
  reasons.set("venue", "not connected, next try in 5 s");
  reasons.set("bus", "the bus is away");
  const { ready, conditions, reasons: reported } = readinessReport(health);
  assert.equal(ready, false);
  assert.deepEqual(conditions.map(({ condition, reason, since }) => [condition, reason, since]), [
    ["venue", "not connected, next try in 5 s", 2000],
    ["bus", "the bus is away", 3000],
  ]);
  assert.equal(
    reported[1],
    "connector kraken: the bus is away (since 1970-01-01T00:00:03.000000Z)",
  );
  reasons.delete("venue");
  checks.look();
  at(9_000_000);
  reasons.set("venue", "gone again");
  assert.equal(health.failing()[0]?.sinceUs, 9_000_000);
});

Deno.test("only a condition of liveness asks for a restart, and it makes unready, too", () => {
  const { health, reasons } = setup();
  reasons.set("bus", "the bus is away");
  assert.deepEqual(livenessReasons(health), []);
  reasons.set("spool", "no line was written for 60 s");
  assert.equal(livenessReasons(health).length, 1);
  assert.equal(health.failing().length, 2);
});

Deno.test("a check that throws fails, and a component that has ended is not asked", () => {
  const { health, checks } = setup();
  const other = health.component("archiver");
  other.requireForReadiness("lease", () => {
    throw new Error("no state");
  });
  assert.equal(health.failing()[0]?.reason, "cannot be checked: no state");
  other.close();
  checks.close();
  assert.deepEqual(health.failing(), []);
});

Deno.test("conditions are metrics, and the metrics server answers as the gateway does", async () => {
  const { metrics, health, reasons } = setup();
  const server = serveMetrics({ host: "127.0.0.1", port: 0, metrics, health });
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  try {
    assert.equal((await ask("/health/ready")).status, 200);
    assert.match((await ask("/metrics")).text, /ssmd_process_ready 1/);
    reasons.set("venue", "not connected");
    const ready = await ask("/health/ready");
    assert.equal(ready.status, 503);
    assert.equal(JSON.parse(ready.text).conditions[0].feed, "kraken");
    const { text } = await ask("/metrics");
    assert.match(text, /ssmd_process_ready 0/);
    const labels = 'component="connector",feed="kraken",condition=';
    assert.ok(text.includes(`ssmd_process_condition_failing{${labels}"venue"} 1`));
    assert.ok(text.includes(`ssmd_process_condition_failing{${labels}"bus"} 0`));
    assert.equal((await ask("/health")).status, 200);
    reasons.set("spool", "hangs");
    assert.deepEqual((await ask("/health")).status, 503);
  } finally {
    await server.close();
  }
});

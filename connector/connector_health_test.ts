import assert from "node:assert/strict";
import { Health, livenessReasons, readinessReport, sleep } from "@ssmd/runtime";
import type { PublishRefusal } from "@ssmd/transport";
import { BusProgress, requireWork } from "./connector_health.ts";
import { ConnectorRig } from "./testing/connector_rig.ts";

Deno.test("a bus that stays connected and acknowledges nothing is a problem after 10 s", () => {
  const publisher = {
    ...{ pending: 0, acknowledgedId: "", connected: true },
    refusal: undefined as PublishRefusal | undefined,
  };
  let ms = 0;
  const bus = new BusProgress(publisher, () => ms);
  const after = (passedMs: number) => {
    ms += passedMs;
    bus.look();
    return bus.problem;
  };
  assert.equal(after(60_000), "", "nothing is due");
  publisher.pending = 3;
  assert.equal(after(9_000), "");
  assert.equal(after(1_000), "the bus has acknowledged nothing for 10 s");
  publisher.acknowledgedId = "run-1-1";
  assert.equal(after(1_000), "");
  publisher.pending = 0;
  publisher.connected = false;
  assert.equal(after(1_000), "the bus is away");
  const subject = "test.kraken.trade.BTCUSD";
  publisher.refusal = { reason: "permission", subject, id: "run-1-2", detail: "no right to it" };
  assert.equal(bus.problem, `the bus refuses ${subject} (permission): no right to it`);
});

Deno.test("a connector is unready until it is connected to the venue, and when it ends nothing is asked", async () => {
  const health = new Health();
  const rig = new ConnectorRig({ health });
  const until = async (ready: boolean) => {
    while (readinessReport(health).ready !== ready) await sleep(5);
  };
  await rig.exchange.listen();
  try {
    const connector = rig.connector();
    const started = connector.start();
    assert.deepEqual(
      readinessReport(health).conditions.map(({ feed, condition, reason }) => {
        return [feed, condition, reason];
      }),
      [["fake", "venue", "not connected to the venue"]],
    );
    await started;
    await until(true);
    await rig.exchange.close();
    await until(false);
    await connector.close();
    assert.deepEqual(health.failing(), []);
  } finally {
    await rig.close();
  }
});

Deno.test("a disk that neither takes nor refuses frames asks for a restart", () => {
  const health = new Health();
  let isSpoolStuck = false;
  requireWork(health.component("connector", "kraken"), {
    ...{ connections: () => 1, connected: () => 1, refusal: () => "", missing: () => [] },
    ...{ busProblem: () => "", storageProblem: () => "", spoolProblem: () => "" },
    isSpoolStuck: () => isSpoolStuck,
  });
  assert.deepEqual(livenessReasons(health), []);
  isSpoolStuck = true;
  assert.match(livenessReasons(health).join(), /^connector kraken: the disk .* neither takes nor/);
  assert.equal(readinessReport(health).ready, false);
});

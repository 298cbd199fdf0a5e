import assert from "node:assert/strict";
import type { CaptureClock } from "@ssmd/archive";
import { Translator } from "@ssmd/exchanges";
import { silentLogger } from "@ssmd/runtime";
import { ClockGapReporter } from "./clock_gap_reporter.ts";
import { ClockMonitor } from "./clock_monitor.ts";
import { ConnectorRig } from "./testing/connector_rig.ts";
import { send } from "./testing/fake_exchange.ts";
import { fakeVenue } from "./testing/fake_venue.ts";

/** The fields of chrony's answer behind the offset. */
const REST = "0.0,0.0,0.0,0.0,0.0,0.0,0.0,8.0,Normal";
const LOCATION = { id: "lab", clock_source: "chrony", clock_accuracy_us: 100 } as const;

/** A machine whose chrony tells what a test sets. */
class Machine implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "ssmd-clock-" });
  readonly sources = {
    ...{ chronyc: [`${this.dir}/chronyc`] as const, timesyncdFlag: "" },
    answerMsMax: 60_000,
  };

  /** The clock is off by this, seconds; undefined = chrony does not answer. */
  set(offset: string | undefined): void {
    const line = `C0A80001,192.168.0.1,3,1.0,${offset},${REST}`;
    const script = offset === undefined ? "exit 1" : `echo ${line}`;
    Deno.writeTextFileSync(`${this.dir}/chronyc`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

Deno.test("the change to a bad clock and back is told once, from the last good reading on", async () => {
  using machine = new Machine();
  const { sources } = machine;
  const watch = new ClockMonitor({ location: LOCATION, sources, logger: silentLogger });
  const lines: [number, string, number][] = [];
  const news = new ClockGapReporter((connectionIndex, name, { fromUs }) =>
    lines.push([connectionIndex, name, fromUs])
  );
  const seen: CaptureClock[] = [];
  const read = async (offset: string | undefined, atUs: number) => {
    machine.set(offset);
    await watch.read();
    seen.push(watch.current);
    news.tell([1, 2], watch, atUs);
  };
  await read("0.00002", 10);
  const { lastGoodAtUs } = watch;
  assert.ok(lastGoodAtUs !== undefined && lastGoodAtUs > 0);
  assert.deepEqual(lines, []);
  await read(undefined, 20);
  await read("0.002", 30);
  await read("-0.003", 40);
  await read(undefined, 50);
  assert.deepEqual(lines, [[1, "clock", lastGoodAtUs], [2, "clock", lastGoodAtUs]]);
  await read("0.00001", 60);
  assert.deepEqual(lines.slice(2), [[1, "clock_good", lastGoodAtUs], [
    2,
    "clock_good",
    lastGoodAtUs,
  ]]);
  const statuses = seen.map(({ status }) => status);
  const bad = "unsynchronized";
  assert.deepEqual(
    statuses,
    ["synchronized", "unknown", bad, bad, "unknown", "synchronized"],
  );
});

Deno.test("a clock's gap is open until the clock is good again, and never begins after itself", () => {
  const venue = fakeVenue();
  const normalizer = venue.normalizers[0]?.create({ feed: "fake", symbols: [] });
  assert.ok(normalizer);
  const translator = new Translator("fake", normalizer);
  const event = { kind: "event", why: "off" } as const;
  const [open] = translator.line({ ...event, atUs: 2000, name: "clock", fromUs: 1000 }).events;
  const [end] = translator.line({ ...event, atUs: 5000, name: "clock_good", fromUs: 1000 }).events;
  const [back] = translator.line({ ...event, atUs: 6000, name: "clock", fromUs: 9000 }).events;
  assert.ok(open?.type === "gap" && end?.type === "gap" && back?.type === "gap");
  const of = ({ reason, symbol, missed }: typeof open) => ({ reason, symbol, missed });
  for (const gap of [open, end]) {
    assert.deepEqual(of(gap), { reason: "clock", symbol: "_all", missed: 0 });
  }
  assert.deepEqual([open.fromUs, open.toUs, open.recovered, open.detail], [1000, 0, false, "off"]);
  assert.deepEqual([end.fromUs, end.toUs, end.recovered], [1000, 5000, true]);
  assert.equal(back.fromUs, 6000);
  assert.deepEqual([open.sequence, end.sequence, back.sequence], [1, 2, 3]);
});

Deno.test("a clock that was bad in one run is told good again by the run in which it is", async () => {
  using machine = new Machine();
  machine.set("0.5");
  const rig = new ConnectorRig({ captureLocation: LOCATION, clockSources: machine.sources });
  try {
    let runs = 0;
    /** A run that brings one trade. */
    const run = async (start: () => Promise<{ close(): Promise<void> }>) => {
      const connector = await start();
      const client = await rig.exchange.client(({ received }, index) =>
        index === runs && received.length > 0
      );
      const id = ++runs;
      send(client, { trade: "A", id });
      await rig.until(() => rig.tradeIds().includes(id));
      await connector.close();
    };
    const again = async () => {
      const connector = rig.connector();
      await connector.start();
      return connector;
    };
    await run(() => rig.start());
    await run(again);
    machine.set("0.00001");
    await run(again);
    await run(again);
    const reported = rig.gaps().filter(({ reason }) => reason === "clock");
    assert.deepEqual(reported.map(({ recovered }) => recovered), [false, true]);
    const [open, end] = reported;
    assert.match(open?.detail ?? "", /off by -500000 µs, expected at lab: ±100 µs/);
    assert.equal(end?.fromUs, open?.fromUs);
    assert.equal(end?.toUs, end?.receivedAtUs);
  } finally {
    await rig.close();
  }
});

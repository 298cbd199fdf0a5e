import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { Encoder } from "@ssmd/codec";
import type { Fire } from "@ssmd/market";
import { compareFires } from "../engine/fire_id.ts";
import type { Report } from "../engine/instance.ts";
import { loadedSignal } from "../engine/loaded_signal.ts";
import { overriddenParams, type SignalDefinition } from "../engine/signal.ts";
import { BatchWriter } from "../host/frames.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import { batchesOf, librarySignal, rawSignal, textSignal } from "../testing/hosted.ts";
import { marketWalk } from "../check/market_walk.ts";
import { runOver } from "../testing/run_signals.ts";
import imbalanceFlip from "../library/imbalance_flip.ts";
import priceCrosses from "../library/price_crosses.ts";
import volumeSpike from "../library/volume_spike.ts";
import { type Quarantine, Supervisor } from "./supervisor.ts";

const RECORDS = marketWalk({ count: 6000, seed: 11 });
const BATCHES = batchesOf(RECORDS, 500);
const GOOD = await Promise.all([
  librarySignal("imbalance_flip", { threshold: 0.4 }),
  librarySignal("price_crosses"),
  librarySignal("volume_spike", { times: 2 }),
]);

const DEFINITIONS: Readonly<Record<string, SignalDefinition>> = {
  imbalance_flip: imbalanceFlip,
  price_crosses: priceCrosses,
  volume_spike: volumeSpike,
};

/** Fires of signals in this process, without their engine's version. */
function firesHere(signals: readonly HostedSignal[]): Fire[] {
  const loaded = signals.flatMap(({ id, sourceHash, params }) => {
    const definition = DEFINITIONS[id];
    if (definition === undefined) return [];
    const own = overriddenParams(definition, params);
    return [loadedSignal({ id, definition, sourceHash, params: own })];
  });
  return runOver(loaded, RECORDS).fires.sort(compareFires).map((fire) => ({ ...fire, engine: "" }));
}

const EXPECTED = firesHere(GOOD);

/** Fires of a supervisor over all batches. */
async function firesOf(
  supervisor: Supervisor,
  batches = BATCHES,
  reports: Report[] = [],
): Promise<Fire[]> {
  const fires: Fire[] = [];
  for (const batch of batches) {
    const result = await supervisor.send(batch);
    fires.push(...result.fires);
    reports.push(...result.reports);
  }
  return fires.sort(compareFires).map((fire) => ({ ...fire, engine: "" }));
}

async function withSupervisor(
  signals: readonly HostedSignal[],
  body: (supervisor: Supervisor, quarantined: Quarantine[]) => Promise<void>,
): Promise<void> {
  const quarantined: Quarantine[] = [];
  const supervisor = new Supervisor({ signals, onQuarantine: (each) => quarantined.push(each) });
  try {
    await body(supervisor, quarantined);
  } finally {
    await supervisor.stop();
  }
}

Deno.test("a host gives the fires that its signals give in process", async () => {
  assert.ok(EXPECTED.length > 50, `${EXPECTED.length} fires`);
  await withSupervisor(GOOD, async (supervisor) => {
    const { signals, failed } = await supervisor.start();
    assert.deepEqual(signals.map(({ id }) => id), GOOD.map(({ id }) => id));
    assert.deepEqual(failed, []);
    assert.deepEqual(await firesOf(supervisor), EXPECTED);
  });
});

Deno.test("a host that is killed, however often, goes on without a fire lost or twice", async () => {
  await withSupervisor(GOOD, async (supervisor, quarantined) => {
    const fires: Fire[] = [];
    for (const [i, batch] of BATCHES.entries()) {
      if (i === 4) await supervisor.snapshot();
      if (i >= 2 && i < 8) Deno.kill(supervisor.pid ?? 0, "SIGKILL");
      fires.push(...(await supervisor.send(batch)).fires);
    }
    const all = fires.sort(compareFires).map((fire) => ({ ...fire, engine: "" }));
    assert.deepEqual(all, EXPECTED);
    assert.deepEqual(quarantined, []);
  });
});

Deno.test("a host that gets no turn of the processor is waited for, and no signal is blamed", async () => {
  await withSupervisor(GOOD, async (supervisor, quarantined) => {
    await supervisor.start();
    const pid = supervisor.pid ?? 0;
    Deno.kill(pid, "SIGSTOP");
    const fires = firesOf(supervisor);
    // Longer than a host may work on a batch.
    await delay(2_000);
    Deno.kill(pid, "SIGCONT");
    assert.deepEqual(await fires, EXPECTED);
    assert.equal(supervisor.pid, pid);
    assert.deepEqual(quarantined, []);
  });
});

Deno.test("another supervisor goes on from a snapshot with the identical rest", async () => {
  await withSupervisor(GOOD, async (first) => {
    const before = await firesOf(first, BATCHES.slice(0, 6));
    const { state, position } = await first.snapshot();
    const second = new Supervisor({ signals: GOOD, states: [state], position, isCold: true });
    try {
      const after = await firesOf(second, BATCHES.slice(6));
      assert.deepEqual([...before, ...after], EXPECTED);
    } finally {
      await second.stop();
    }
  });
});

/** A condition that does harm once enough was seen. */
const harmful = (id: string, harm: string) =>
  textSignal(
    id,
    `import { orderbook, signal } from "@ssmd/signal";
     let seen = 0;
     const kept: unknown[] = [];
     export default signal({
       title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
       state: { book: orderbook() },
       when: () => { if (++seen > 2000) { ${harm} } return false; },
       fire: () => ({}),
     });`,
  );

const HARMS: Readonly<Record<string, string>> = {
  "an endless loop": "for (;;);",
  "a catastrophic regular expression": "/^(a+)+$/.test('a'.repeat(40) + 'b');",
  "objects without end": "for (;;) kept.push({ a: [1, 2, 3], b: 'x'.repeat(seen++ % 100) });",
};

for (const [name, harm] of Object.entries(HARMS)) {
  Deno.test(`${name} is quarantined, and the others' fires are complete`, async () => {
    const signals = [GOOD[0], await harmful("harmful", harm), ...GOOD.slice(1)] as HostedSignal[];
    await withSupervisor(signals, async (supervisor, quarantined) => {
      assert.deepEqual(await firesOf(supervisor), EXPECTED);
      assert.deepEqual(quarantined.map(({ signal }) => signal), ["harmful"]);
    });
  });
}

Deno.test("a host that loops is gone once its signal is taken out", async () => {
  const signals = [...GOOD, await harmful("harmful", "for (;;);")];
  await withSupervisor(signals, async (supervisor, quarantined) => {
    await supervisor.start();
    const looping = supervisor.pid ?? 0;
    await firesOf(supervisor);
    assert.deepEqual(quarantined.map(({ signal }) => signal), ["harmful"]);
    assert.notEqual(supervisor.pid, looping);
    // Signalling a process that is there would not throw.
    assert.throws(() => Deno.kill(looping, "SIGCONT"), Deno.errors.NotFound);
  });
});

Deno.test("buffers without end end an instance or its signal, and the others' fires are complete", async () => {
  const harm = "for (;;) kept.push(new Uint8Array(1e7).fill(1));";
  await withSupervisor([await harmful("harmful", harm), ...GOOD], async (supervisor, out) => {
    const reports: Report[] = [];
    assert.deepEqual(await firesOf(supervisor, BATCHES, reports), EXPECTED);
    const reported = [...out, ...reports].map(({ signal }) => signal);
    assert.deepEqual([...new Set(reported)], ["harmful"]);
  });
});

Deno.test("two signals that do harm are both found", async () => {
  const signals = [
    ...[await harmful("bad_a", "for (;;);"), ...GOOD, await harmful("bad_b", "for (;;);")],
  ];
  await withSupervisor(signals, async (supervisor, quarantined) => {
    assert.deepEqual(await firesOf(supervisor), EXPECTED);
    assert.deepEqual(quarantined.map(({ signal }) => signal).sort(), ["bad_a", "bad_b"]);
  });
});

Deno.test("a signal that never ends loading is taken out, one that throws is reported", async () => {
  const signals = [
    rawSignal("loops", "for (;;);"),
    rawSignal("throws", "throw new TypeError('no');"),
    ...GOOD,
  ];
  const quarantined: string[] = [];
  const supervisor = new Supervisor({
    signals,
    limits: { startMs: 3_000 },
    onQuarantine: ({ signal }) => quarantined.push(signal),
  });
  try {
    const { failed, signals: running } = await supervisor.start();
    assert.deepEqual(quarantined, ["loops"]);
    assert.deepEqual(failed, [{ id: "throws", message: "TypeError: no" }]);
    assert.equal(running.length, GOOD.length);
    assert.deepEqual(await firesOf(supervisor), EXPECTED);
  } finally {
    await supervisor.stop();
  }
});

Deno.test("signals that are replaced in the middle lose and double no fire", async () => {
  const kept = GOOD.slice(0, 2);
  const expected = EXPECTED.filter(({ signal }) => kept.some(({ id }) => id === signal));
  await withSupervisor(kept, async (supervisor) => {
    const before = await firesOf(supervisor, BATCHES.slice(0, 5));
    await supervisor.replace([...kept, await librarySignal("spread_widens")]);
    const between = await firesOf(supervisor, BATCHES.slice(5, 8));
    await supervisor.replace(kept);
    const after = await firesOf(supervisor, BATCHES.slice(8));
    const all = [...before, ...between, ...after];
    assert.deepEqual(all.filter(({ signal }) => signal !== "spread_widens"), expected);
  });
});

Deno.test("a feed that says nothing for long ends the signals that wait for it, and harms no other", async () => {
  const waits = await textSignal(
    "waits",
    `import { priceHistory, signal } from "@ssmd/signal";
     export default signal({
       title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["*"] },
       state: { spot: priceHistory({ window: "1s", of: { feed: "kraken", symbol: "A" } }) },
       when: ({ spot }) => spot.last > 0,
       fire: () => ({}),
     });`,
  );
  const messages = marketWalk({ count: 10_000, seed: 3, gapEvery: 1e9 });
  const encoder = new Encoder();
  const writer = new BatchWriter();
  const reports: string[] = [];
  await withSupervisor([...GOOD, waits], async (supervisor, quarantined) => {
    for (let round = 0; reports.length === 0; round++) {
      assert.ok(round < 30, "it waits for ever");
      for (const record of messages) {
        const receivedAtUs = record.receivedAtUs + round * 3600e6;
        writer.addRecord(record.type, encoder.encode({ ...record, receivedAtUs }));
        if (writer.byteLength < 256 * 1024) continue;
        writer.addWatermark({ feed: "kalshi", timeUs: receivedAtUs });
        const result = await supervisor.send(writer.finish(receivedAtUs));
        reports.push(...result.reports.map(({ signal, message }) => `${signal}: ${message}`));
      }
    }
    assert.match(
      reports.join("\n"),
      /^waits: MergeOverflow: \d+ records wait for the feed "kraken"$/,
    );
    assert.deepEqual(quarantined, []);
  });
});

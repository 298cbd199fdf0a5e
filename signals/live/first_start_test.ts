import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { decode, Encoder } from "@ssmd/codec";
import { type Fire, type MarketEvent, recordFilters, subjectOf } from "@ssmd/market";
import { createLogger, Metrics } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { marketWalk } from "../check/market_walk.ts";
import { compareFires } from "../engine/fire_id.ts";
import { loadSignal } from "../host/load_signal.ts";
import { librarySignal } from "../testing/hosted.ts";
import { runOver } from "../testing/run_signals.ts";
import { SignalService } from "./signal_service.ts";

const ENV = "test";

/** A bus without a record, the fires on it, and what a signal fires over the same records. */
interface Rig {
  transport: Transport;
  fires: Fire[];
  expected: Fire[];
  publish(): Promise<void>;
  /** Starts a service; the second promise resolves when its signals run. */
  start(storage: Storage): Promise<{ service: SignalService; runs: Promise<void> }>;
}

async function withRig(test: (rig: Rig) => Promise<void>): Promise<void> {
  const records: MarketEvent[] = marketWalk({ count: 2000, seed: 7 });
  const signal = await librarySignal("imbalance_flip", { threshold: 0.4 });
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
  const fires: Fire[] = [];
  await transport.subscribe(recordFilters(ENV, ["fire"]), ({ payload }) => {
    fires.push(decode("fire", payload));
  });
  const publisher = transport.publisher();
  const expected = runOver([loadSignal(signal)], records, { v8: Deno.version.v8 }).fires;
  assert.ok(expected.length > 10, `${expected.length} fires`);
  await test({
    ...{ transport, fires, expected: expected.sort(compareFires) },
    publish: async () => {
      for (const event of records) {
        const subject = subjectOf(ENV, event.feed, event.type, event.symbol);
        publisher.publish({ subject, payload: new Encoder().encode(event).slice(), id: "" });
      }
      await publisher.flush();
    },
    start: async (storage) => {
      const running = Promise.withResolvers<void>();
      const write = (line: string) => line.includes("signals run") && running.resolve();
      const service = new SignalService({
        ...{ env: ENV, feeds: ["kalshi"], transport, storage, metrics: new Metrics("signals") },
        logger: createLogger({ write: (line) => void write(line) }),
        readSignals: () => Promise.resolve([{ ...signal, enabled: true }]),
      });
      await service.start();
      return { service, runs: running.promise };
    },
  });
  await publisher.close();
  await transport.close();
  await server.stop();
}

async function assertFires({ fires, expected }: Rig): Promise<void> {
  for (const startMs = Date.now(); fires.length < expected.length;) {
    assert.ok(Date.now() - startMs < 120_000, `${fires.length} of ${expected.length} fires`);
    await delay(50);
  }
  assert.deepEqual(fires.sort(compareFires), expected);
}

Deno.test({
  name:
    "records that connectors publish while the service still starts fire, as no others were before",
  ignore: !natsServerAvailable(),
  fn: () =>
    withRig(async (rig) => {
      const { service, runs } = await rig.start(memoryStorage());
      await rig.publish();
      await runs;
      await assertFires(rig);
      await service.close();
    }),
});

Deno.test({
  name:
    "after a kill in its first catching up a service stays silent about what was before its start",
  ignore: !natsServerAvailable(),
  fn: () =>
    withRig(async (rig) => {
      await rig.publish();
      const storage = memoryStorage();
      // As it is after the first snapshot.
      const left = memoryStorage();
      let isLeft = false;
      const watched: Storage = Object.assign(Object.create(storage), {
        put: async (...args: Parameters<Storage["put"]>) => {
          await storage.put(...args);
          if (isLeft) return;
          isLeft = args[0].includes("snapshot");
          await left.put(...args);
        },
      });
      for (const files of [watched, left]) {
        const { service, runs } = await rig.start(files);
        await runs;
        await service.close();
      }
      assert.ok(isLeft);
      assert.deepEqual(rig.fires, []);
    }),
});

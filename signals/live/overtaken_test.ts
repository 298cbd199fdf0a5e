import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { decode, Encoder } from "@ssmd/codec";
import { type Fire, type MarketEvent, recordFilters, subjectOf } from "@ssmd/market";
import { createLogger, Metrics } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { marketWalk } from "../check/market_walk.ts";
import { compareFires } from "../engine/fire_id.ts";
import { loadSignal } from "../host/load_signal.ts";
import { archiveTo } from "../testing/archived.ts";
import { librarySignal } from "../testing/hosted.ts";
import { runOver } from "../testing/run_signals.ts";
import { SignalService } from "./signal_service.ts";

const ENV = "test";
const STREAM_BYTES = 400_000;

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const startMs = Date.now(); !await isSo();) {
    assert.ok(Date.now() - startMs < 120_000, "it does not come to that");
    await delay(50);
  }
}

Deno.test({
  name: "what leaves the bus before it is read comes from the archive, and no fire is lost",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const records = marketWalk({ count: 8000, seed: 51 });
    const signal = await librarySignal("imbalance_flip", { threshold: 0.4 });
    const server = await startNatsServer();
    const config = { type: "nats", url: server.url, stream: { maxBytes: STREAM_BYTES } } as const;
    const transport = await openTransport(config, { env: ENV });
    const storage = memoryStorage();
    const fires: Fire[] = [];
    await transport.subscribe(recordFilters(ENV, ["fire"]), ({ payload }) => {
      fires.push(decode("fire", payload));
    });
    // The service stands still while it waits for this storage.
    const stuck = Promise.withResolvers<void>();
    let isStuck = false;
    const slowStorage = Object.assign(Object.create(storage), {
      put: async (...args: Parameters<typeof storage.put>) => {
        if (isStuck && args[0].includes("snapshot")) await stuck.promise;
        return await storage.put(...args);
      },
    });
    const lines: string[] = [];
    const logger = createLogger({ write: (line) => lines.push(line) });
    const metrics = new Metrics("signals");
    const service = new SignalService({
      ...{ env: ENV, feeds: ["kalshi"], transport, storage: slowStorage, metrics },
      ...{ logger, snapshotMs: 1, waitingBytesMax: 60_000 },
      readSignals: () => Promise.resolve([{ ...signal, enabled: true }]),
    });
    await service.start();
    await until(() => lines.some((line) => line.includes("signals run")));
    const publisher = transport.publisher();
    const publish = async (part: readonly MarketEvent[]) => {
      for (const event of part) {
        const { feed, type, symbol } = event;
        const payload = new Encoder().encode(event).slice();
        publisher.publish({ subject: subjectOf(ENV, feed, type, symbol), payload, id: "" });
      }
      await publisher.flush();
    };
    await publish(records.slice(0, 200));
    await until(() => service.stats().records >= 200);
    isStuck = true;
    await publish(records.slice(200));
    await archiveTo(storage, records);
    const state = await transport.state();
    assert.ok(state.firstSequence > 2_000, `the bus begins with ${state.firstSequence}`);
    isStuck = false;
    stuck.resolve();
    const expected = runOver([loadSignal(signal)], records, { v8: Deno.version.v8 }).fires;
    assert.ok(expected.length > 50, `${expected.length} fires`);
    await until(() => fires.length >= expected.length);
    await service.close();
    assert.deepEqual(fires.sort(compareFires), expected.sort(compareFires));
    assert.match(metrics.text(), /error_type="overtaken"\} 1/);
    await publisher.close();
    await transport.close();
    await server.stop();
  },
});

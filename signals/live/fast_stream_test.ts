import assert from "node:assert/strict";
import { Encoder, encodeWatermark } from "@ssmd/codec";
import {
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
  subjectOf,
  watermarkSubject,
} from "@ssmd/market";
import { Metrics, silentLogger, sleep } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { type ConsumeOptions, memoryTransport, type Transport } from "@ssmd/transport";
import { marketWalk } from "../check/market_walk.ts";
import { librarySignal } from "../testing/hosted.ts";
import { SignalService } from "./signal_service.ts";

const ENV = "test";
/** Hosts get no larger batch: each must answer one in time. */
const BATCH_BYTES = 1024 * 1024;

/** A running service; signals are added to `ids`. */
async function withService(
  transport: Transport,
  test: (ids: string[], metrics: Metrics) => Promise<void>,
): Promise<void> {
  const ids = ["imbalance_flip"];
  const metrics = new Metrics("signals");
  const service = new SignalService({
    ...{ env: ENV, feeds: ["kalshi"], transport, storage: memoryStorage(), metrics },
    archiveAll: () => Promise.resolve(),
    logger: silentLogger,
    readSignals: async () => {
      const signals = await Promise.all(ids.map((id) => librarySignal(id)));
      return signals.map((signal) => ({ ...signal, enabled: true }));
    },
  });
  await service.start();
  await test(ids, metrics);
  await service.close();
  await transport.close();
}

async function ask(transport: Transport, request: SignalsRequest): Promise<SignalsDone> {
  const payload = new TextEncoder().encode(JSON.stringify(request));
  const answer = await transport.request(signalsSubject(ENV), payload, 60_000);
  return JSON.parse(new TextDecoder().decode(answer));
}

Deno.test("signals are switched though more comes in each turn than the hosts have taken", async () => {
  const transport = memoryTransport();
  const publisher = transport.publisher();
  const subject = watermarkSubject(ENV, "kalshi");
  const payload = encodeWatermark({ feed: "kalshi", timeUs: 1 });
  await withService(transport, async (ids) => {
    const timer = setInterval(() => {
      for (let i = 0; i < 1500; i++) publisher.publish({ subject, payload, id: "" });
    }, 8);
    try {
      ids.push("spread_widens");
      await ask(transport, { action: "deploy" });
      const startMs = Date.now();
      for (let running = 0; running !== 2; await sleep(50)) {
        assert.ok(Date.now() - startMs < 60_000, "the deployed signals do not run");
        const answer = await ask(transport, { action: "history" });
        running = answer.ok ? answer.switches.at(-1)?.signals.length ?? 0 : 0;
      }
    } finally {
      clearInterval(timer);
    }
  });
});

Deno.test("what waits when the bus has dropped records reaches the hosts in batches as any other", async () => {
  const transport = memoryTransport();
  const consumed = Promise.withResolvers<ConsumeOptions>();
  const consume = transport.consume.bind(transport);
  transport.consume = (options) => {
    consumed.resolve(options);
    return consume(options);
  };
  const encoder = new Encoder();
  const [record] = marketWalk({ count: 1, seed: 1 });
  assert.ok(record);
  const { feed, type, symbol } = record;
  const subject = subjectOf(ENV, feed, type, symbol);
  await withService(transport, async (_, metrics) => {
    const { onMessage, onHole } = await consumed.promise;
    let bytes = 0;
    for (let sequence = 1; bytes < 6 * BATCH_BYTES; sequence++) {
      const payload = encoder.encode({ ...record, sequence }).slice();
      onMessage({ subject, payload, id: "", streamSequence: sequence });
      bytes += payload.length;
    }
    await onHole({ type: "left", missed: 1, stream: { createdAtUs: 0, sequence: 0 } });
    const batches = /batch_seconds_count (\d+)/.exec(metrics.text())?.[1];
    assert.ok(Number(batches) >= bytes / BATCH_BYTES, `${batches} batches of ${bytes} bytes`);
  });
});

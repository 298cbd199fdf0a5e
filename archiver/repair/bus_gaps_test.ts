import { frameLine } from "@ssmd/archive/testing/raw_file";
import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { eventLine, loadManifest, type Manifest, readArchive } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { translateSpan } from "@ssmd/dataset/reprocess";
import { RAW_FEED_ID, RawWriter, tradeText } from "@ssmd/dataset/testing/raw_days";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { createLogger, sleep } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import {
  type NatsServer,
  natsServerAvailable,
  startNatsServer,
} from "../../tests/servers/nats_server.ts";
import { ENV, optionsOf } from "../_fixtures.ts";
import { createArchiver } from "../mod.ts";

const ignore = !natsServerAvailable();
const DAY = "2026-08-01";
const START_US = Date.parse(`${DAY}T10:00:00Z`) * 1000;
const SECOND_US = 1_000_000;
/** Quality of a day with trades and nothing else of what was ordered. */
const TRADES_ALONE = 0.25;
const END_US = START_US + 299 * SECOND_US + 7;

/** Five minutes of trades in raw, a trade a second; what a connector gives for them. */
async function captured(storage: Storage): Promise<MarketEvent[]> {
  const writer = new RawWriter(storage, "m1abc", 1, { ETHUSD: "ETH/USD" });
  for (let minute = 0; minute < 5; minute++) {
    const lines = Array.from({ length: 60 }, (_, second) => {
      const id = minute * 60 + second;
      return frameLine(START_US + id * SECOND_US + 7, tradeText("ETH/USD", 100 + id));
    });
    const connect = eventLine(START_US + 5, "connect", "first");
    await writer.file(minute === 0 ? [connect, ...lines] : lines);
  }
  const events: MarketEvent[] = [];
  const span = { ...RAW_FEED_ID, fromUs: 0, toUs: END_US };
  await translateSpan(storage, span, { onEvent: (event) => events.push(event) });
  return events;
}

function publish(transport: Transport, events: readonly MarketEvent[]): Promise<void> {
  const publisher = transport.publisher();
  const encoder = new Encoder();
  for (const event of events) {
    publisher.publish({
      subject: subjectOf(ENV, event.feed, event.type, event.symbol),
      payload: encoder.encode(event),
      id: `m1abc-${event.sequence}-0`,
    });
  }
  return publisher.flush();
}

async function archived(storage: Storage): Promise<MarketEvent[]> {
  const records: MarketEvent[] = [];
  for await (const batch of readArchive(storage, { env: ENV, feed: "kraken" })) {
    records.push(...batch);
  }
  return records;
}

async function manifestWhen(
  storage: Storage,
  is: (manifest: Manifest) => boolean,
): Promise<Manifest> {
  for (;;) {
    const manifestId = { kind: "normalized", ...RAW_FEED_ID, day: DAY } as const;
    const manifest = await loadManifest(storage, manifestId);
    if (manifest !== undefined && is(manifest)) return manifest;
    await sleep(10);
  }
}

interface Rig {
  server: NatsServer;
  storage: Storage;
  events: MarketEvent[];
  open: (stream?: { maxBytes: number }) => Promise<Transport>;
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const server = await startNatsServer();
  const opened: Transport[] = [];
  const storage = memoryStorage();
  try {
    await body({
      ...{ server, storage, events: await captured(storage) },
      open: async (stream) => {
        const config = { type: "nats", url: server.url, ...(stream && { stream }) } as const;
        const transport = await openTransport(config, { env: ENV });
        opened.push(transport);
        return transport;
      },
    });
  } finally {
    for (const transport of opened) await transport.close();
    await server.stop();
  }
}

function archiverOf(
  transport: Transport,
  storage: Storage,
  { lines = [], clock = () => END_US }: { lines?: string[]; clock?: () => number } = {},
) {
  const logger = createLogger({ write: (line) => lines.push(line) });
  return createArchiver({ ...optionsOf(transport, storage), logger, clock });
}

/** An archiver takes these, and ends. */
async function archive(
  bus: Transport,
  storage: Storage,
  events: readonly MarketEvent[],
): Promise<void> {
  const archiver = archiverOf(bus, storage);
  await archiver.start();
  await publish(bus, events);
  await archiver.close();
}

async function changeStream(
  server: NatsServer,
  change: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<unknown>,
): Promise<void> {
  const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
  await change(await jetstreamManager(connection));
  await connection.close();
}

Deno.test("what left the bus while the archiver was away is a gap, and is made again from raw", {
  ignore,
}, () =>
  withRig(async ({ server, storage, events, open }) => {
    const bus = await open();
    await archive(bus, storage, events.slice(0, 100));
    await publish(bus, events.slice(100, 250));
    await changeStream(server, (manager) => manager.streams.purge(`ssmd-${ENV}`, { seq: 201 }));
    const lines: string[] = [];
    const second = archiverOf(await open(), storage, { lines });
    await second.start();
    await publish(bus, events.slice(250));
    const manifest = await manifestWhen(
      storage,
      ({ gaps }) => gaps.some((gap) => gap.bus === "repaired"),
    );
    await second.close();
    assert.deepEqual(await archived(storage), events);
    const [gap] = manifest.gaps.filter(({ bus }) => bus !== undefined);
    assert.equal(gap?.missed, 100);
    assert.equal(gap.recovered, true);
    assert.match(gap.detail, /100 records were made again from raw: 100 messages left the bus/);
    assert.equal(manifest.quality, TRADES_ALONE);
    assert.ok(lines.some((line) => line.includes("records left the bus before")));
  }));

Deno.test("what a full stream gave up while the archiver was away is told and made from raw", {
  ignore,
}, () =>
  withRig(async ({ storage, events, open }) => {
    const limits = { maxBytes: 20_000 };
    const bus = await open(limits);
    await archive(bus, storage, events.slice(0, 50));
    await publish(bus, events);
    const { firstSequence, lastSequence } = await bus.state();
    assert.ok(firstSequence > 51, `${firstSequence}`);
    assert.equal(lastSequence, events.length);
    const second = archiverOf(await open(limits), storage);
    await second.start();
    const { gaps } = await manifestWhen(
      storage,
      (manifest) => manifest.gaps.some((gap) => gap.bus === "repaired"),
    );
    await second.close();
    assert.deepEqual(await archived(storage), events);
    const ofBus = gaps.filter(({ bus }) => bus !== undefined);
    assert.deepEqual(ofBus.map(({ missed }) => missed), [firstSequence - 51]);
  }));

Deno.test("an archiver whose durable was deleted while it was away archives each record once", {
  ignore,
}, () =>
  withRig(async ({ server, storage, events, open }) => {
    const bus = await open();
    await archive(bus, storage, events.slice(0, 100));
    await changeStream(
      server,
      (manager) => manager.consumers.delete(`ssmd-${ENV}`, "archiver-main"),
    );
    await publish(bus, events.slice(100));
    const second = archiverOf(await open(), storage);
    await second.start();
    await second.flush();
    await second.close();
    assert.deepEqual(await archived(storage), events);
    const manifestId = { kind: "normalized", ...RAW_FEED_ID, day: DAY } as const;
    const { gaps = [] } = await loadManifest(storage, manifestId) ?? {};
    assert.deepEqual(gaps.filter(({ bus }) => bus !== undefined), []);
  }));

Deno.test(
  "what left the bus before the first archiver is made from raw as well",
  { ignore },
  () =>
    withRig(async ({ server, storage, events, open }) => {
      const bus = await open();
      await publish(bus, events.slice(0, 250));
      await changeStream(server, (manager) => manager.streams.purge(`ssmd-${ENV}`, { seq: 101 }));
      const first = archiverOf(bus, storage);
      await first.start();
      await publish(bus, events.slice(250));
      const manifest = await manifestWhen(
        storage,
        ({ gaps }) => gaps.some((gap) => gap.bus === "repaired"),
      );
      await first.close();
      assert.deepEqual(await archived(storage), events);
      const ofBus = manifest.gaps.filter(({ bus }) => bus !== undefined);
      assert.deepEqual(ofBus.map(({ missed }) => missed), [100]);
    }),
);

Deno.test(
  "what left the bus before the first archiver, and raw does not have, is told with its count",
  {
    ignore,
  },
  () =>
    withRig(async ({ server, events, open }) => {
      const bus = await open();
      await publish(bus, events);
      await changeStream(server, (manager) => manager.streams.purge(`ssmd-${ENV}`, { seq: 101 }));
      const empty = memoryStorage();
      let nowUs = START_US - SECOND_US;
      const first = archiverOf(bus, empty, { clock: () => nowUs });
      await first.start();
      await manifestWhen(empty, ({ gaps }) => gaps.some((gap) => gap.bus === "open"));
      // No raw file of that time comes any more.
      nowUs += 600 * SECOND_US;
      const { gaps, quality } = await manifestWhen(
        empty,
        (manifest) => manifest.gaps.some((gap) => gap.bus === "lost"),
      );
      await first.close();
      assert.deepEqual(gaps.map(({ missed, recovered }) => [missed, recovered]), [[100, false]]);
      assert.match(gaps[0]?.detail ?? "", /raw does not have anything of that time/);
      // A third of the time.
      assert.ok(quality > 0.6 && quality < 0.7, `${quality}`);
      assert.deepEqual(await archived(empty), events.slice(100));
    }),
);

Deno.test(
  "limits that a stream was given beside ours cost no record",
  { ignore },
  () =>
    withRig(async ({ server, storage, events, open }) => {
      await open();
      const beside = { max_msgs_per_subject: 5, max_msg_size: 32, no_ack: true };
      await changeStream(server, async ({ streams }) => {
        const { config } = await streams.info(`ssmd-${ENV}`);
        await streams.update(config.name, { ...config, ...beside });
      });
      const bus = await open();
      await publish(bus, events);
      await archive(bus, storage, []);
      assert.deepEqual(await archived(storage), events);
    }),
);

Deno.test("a stream that is made anew while the archiver is away is noticed and mended", {
  ignore,
}, () =>
  withRig(async ({ server, storage, events, open }) => {
    const bus = await open();
    await archive(bus, storage, events.slice(0, 100));
    await publish(bus, events.slice(100, 180));
    await changeStream(server, (manager) => manager.streams.delete(`ssmd-${ENV}`));
    const anew = await open();
    await publish(anew, events.slice(180));
    const second = archiverOf(anew, storage);
    await second.start();
    await manifestWhen(storage, ({ gaps }) => gaps.some((gap) => gap.bus === "repaired"));
    await second.close();
    assert.deepEqual(await archived(storage), events);
  }));

Deno.test("a stream that is made anew beneath a running archiver is noticed and mended", {
  ignore,
}, () =>
  withRig(async ({ server, storage, events, open }) => {
    const bus = await open();
    const archiver = archiverOf(bus, storage);
    await archiver.start();
    await publish(bus, events.slice(0, 100));
    await archiver.flush();
    await changeStream(server, (manager) => manager.streams.delete(`ssmd-${ENV}`));
    // Records 100 to 180 were stored by the old stream and went with it.
    await publish(await open(), events.slice(180));
    await manifestWhen(storage, ({ gaps }) => gaps.some((gap) => gap.bus === "repaired"));
    await archiver.close();
    assert.deepEqual(await archived(storage), events);
  }));

Deno.test(
  "a gap that raw does not reach yet stays open and lowers the quality; the next start mends it",
  {
    ignore,
  },
  () =>
    withRig(async ({ server, storage, events, open }) => {
      const bus = await open();
      const first = archiverOf(bus, storage);
      await first.start();
      await publish(bus, events.slice(0, 100));
      await first.close();
      await publish(bus, events.slice(100, 200));
      await changeStream(server, (manager) => manager.streams.purge(`ssmd-${ENV}`));
      await publish(bus, events.slice(200));
      const late = new Proxy(storage, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== "get") return typeof value === "function" ? value.bind(target) : value;
          // The last raw file is not written yet.
          return async (key: string) => {
            if (key.startsWith("raw/") && key.endsWith("manifest.json")) {
              return await target.get("raw/none");
            }
            return await target.get(key);
          };
        },
      });
      const second = archiverOf(await open(), late);
      await second.start();
      await second.flush();
      const open1 = await manifestWhen(
        storage,
        ({ gaps }) => gaps.some((gap) => gap.bus === "open"),
      );
      assert.ok(open1.quality < TRADES_ALONE);
      await second.close();
      const third = archiverOf(await open(), storage);
      await third.start();
      const mended = await manifestWhen(
        storage,
        ({ gaps }) => gaps.some((gap) => gap.bus === "repaired"),
      );
      await third.close();
      assert.equal(mended.quality, TRADES_ALONE);
      assert.deepEqual(await archived(storage), events);
    }),
);

import assert from "node:assert/strict";
import { decode, Encoder } from "@ssmd/codec";
import { type Fire, fireSubject, type MarketEvent, subjectOf } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { marketWalk } from "../check/market_walk.ts";
import { RecordDedupe } from "../engine/record_dedupe.ts";
import { archiveTo } from "../testing/archived.ts";
import { missedItems, publishedFires } from "./catch_up.ts";

const ENV = "test";
/** Room for about 1,700 records. */
const STREAM_BYTES = 400_000;
const RECORDS = marketWalk({ count: 8000, seed: 51 });

interface Rig {
  transport: Transport;
  storage: Storage;
  /** Publishes records up to this number; the archive has them, too, or those up to another one. */
  publishTo: (end: number, archived?: number) => Promise<void>;
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const server = await startNatsServer();
  const config = { type: "nats", url: server.url, stream: { maxBytes: STREAM_BYTES } } as const;
  const transport = await openTransport(config, { env: ENV });
  const publisher = transport.publisher();
  const storage = memoryStorage();
  let published = 0;
  const publishTo = async (end: number, archived = end) => {
    for (const event of RECORDS.slice(published, end)) {
      const subject = subjectOf(ENV, event.feed, event.type, event.symbol);
      publisher.publish({ subject, payload: new Encoder().encode(event).slice(), id: "" });
    }
    published = end;
    await publisher.flush();
    await archiveTo(storage, RECORDS.slice(0, archived));
  };
  try {
    await body({ transport, storage, publishTo });
  } finally {
    await publisher.close();
    await transport.close();
    await server.stop();
  }
}

/** Takes the items as a host does; `onFirst` is called between the first batch and the next one. */
async function taken(
  { transport, storage }: Rig,
  from: Parameters<typeof missedItems>[1],
  onFirst: () => Promise<void>,
): Promise<MarketEvent[]> {
  const dedupe = new RecordDedupe();
  const source = { env: ENV, feeds: ["kalshi"], transport, storage };
  let isFirst = true;
  const records: MarketEvent[] = [];
  for await (const items of missedItems(source, from)) {
    for (const item of items) {
      if (item.type === "watermark") continue;
      const record = decode(item.type, item.payload);
      if (!dedupe.isRepeated(record)) records.push(record);
    }
    if (isFirst) await onFirst();
    isFirst = false;
  }
  return records;
}

function assertAll(records: readonly MarketEvent[], count: number): void {
  const sequences = (of: readonly MarketEvent[]) => of.map(({ sequence }) => sequence);
  assert.deepEqual(sequences(records).slice(0, count), sequences(RECORDS.slice(0, count)));
}

const ignore = !natsServerAvailable();
const EARLIER = { createdAtUs: 0, sequence: 0 };

/** How far the records go that come after the first batch. */
const LATER_TO = {
  "what leaves the bus between two batches of a catch-up comes from the archive": 3000,
  "all that was left of a catch-up comes from the archive if the bus has dropped it": 8000,
};

for (const [name, end] of Object.entries(LATER_TO)) {
  Deno.test(name, { ignore }, () =>
    withRig(async (rig) => {
      await rig.publishTo(1500);
      const { createdAtUs } = await rig.transport.state();
      const from = { stream: { createdAtUs, sequence: 0 }, feeds: { kalshi: 0 } };
      assertAll(await taken(rig, from, () => rig.publishTo(end)), 1500);
    }));
}

Deno.test(
  "what leaves the bus while a catch-up reads the archive is read from there",
  { ignore },
  () =>
    withRig(async (rig) => {
      await rig.publishTo(3000, 2000);
      const from = { stream: EARLIER, feeds: { kalshi: 0 } };
      assertAll(await taken(rig, from, () => rig.publishTo(8000)), 3000);
    }),
);

const FIRE: Fire = {
  ...{ type: "fire", timestampUs: 0, sequence: 0, feed: "kalshi", symbol: "KXA" },
  receivedAtUs: RECORDS[100]?.receivedAtUs ?? 0,
  ...{ id: "ab".repeat(16), signal: "two", version: 1, values: "{}", engine: "1" },
  ...{ sourceHash: "0".repeat(64), paramsHash: "0".repeat(64) },
  ...{ causeSequence: 1, causeReceivedAtUs: 0 },
};

Deno.test("a fire that leaves the bus while published fires are read is known from the archive", {
  ignore,
}, () =>
  withRig(async ({ transport, storage, publishTo }) => {
    const publisher = transport.publisher();
    const payload = new Encoder().encode(FIRE).slice();
    publisher.publish({ subject: fireSubject(ENV, FIRE.signal), payload, id: FIRE.id });
    await publisher.flush();
    await publisher.close();
    const crowded: Pick<Transport, "durable" | "state" | "read"> = {
      durable: true,
      state: () => transport.state(),
      read: async function* (options) {
        await publishTo(4000);
        await archiveTo(storage, [FIRE]);
        yield* transport.read(options);
      },
    };
    const source = { env: ENV, feeds: ["kalshi"], storage, transport: crowded as Transport };
    const from = { stream: EARLIER, feeds: { kalshi: 0 } };
    assert.deepEqual(await publishedFires(source, from), new Set([FIRE.id]));
  }));

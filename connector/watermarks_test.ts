import assert from "node:assert/strict";
import { decode, decodeWatermark } from "@ssmd/codec";
import { type EventType, type MarketEvent, watermarkSubject } from "@ssmd/market";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { ConnectorRig, ENV, type RigOptions } from "./testing/connector_rig.ts";
import { type FakeClient, send } from "./testing/fake_exchange.ts";
import { Watermarks } from "./watermarks.ts";

const SUBJECT = watermarkSubject(ENV, "fake");

/** What came over the bus, in its order: watermarks, and records before which they may not come. */
interface Heard {
  marks: number[];
  records: MarketEvent[];
  /** Records from before a watermark that came before them. */
  broken: string[];
  until: (holds: () => boolean) => Promise<void>;
}

async function hear(transport: Transport): Promise<Heard> {
  const waiting: (() => void)[] = [];
  const heard: Heard = {
    ...{ marks: [], records: [], broken: [] },
    until: async (holds) => {
      while (!holds()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
  await transport.subscribe([`${ENV}.fake.>`], ({ subject, payload }) => {
    const lastUs = heard.marks.at(-1) ?? 0;
    if (subject === SUBJECT) {
      const { timeUs } = decodeWatermark(payload);
      if (timeUs <= lastUs) heard.broken.push(`watermark ${timeUs} after ${lastUs}`);
      heard.marks.push(timeUs);
    } else {
      const record = decode(subject.split(".")[2] as EventType, payload);
      if (record.receivedAtUs < lastUs) heard.broken.push(`${record.type} ${record.receivedAtUs}`);
      heard.records.push(record);
    }
    for (const resolve of waiting.splice(0)) resolve();
  });
  return heard;
}

async function withRig(
  options: RigOptions,
  body: (rig: ConnectorRig, heard: Heard) => Promise<void>,
) {
  const rig = new ConnectorRig({ ...options, unresponsive: true });
  try {
    const heard = await hear(rig.transport);
    await body(rig, heard);
    assert.deepEqual(heard.broken, []);
  } finally {
    await rig.close();
  }
}

/** Says trades on every client in turn until `holds`. */
async function chatter(clients: readonly FakeClient[], heard: Heard, holds: () => boolean) {
  let id = 0;
  const timer = setInterval(() => {
    for (const client of clients) {
      const symbol = client.received.join(" ").includes("subscribe C") ? "C" : "A";
      for (let i = 0; i < 20; i++) send(client, { trade: symbol, id: ++id });
    }
  }, 3);
  await heard.until(holds);
  clearInterval(timer);
}

Deno.test("no record of any connection comes behind a watermark that is later than it", () =>
  withRig({ symbols: ["A", "B", "C"] }, async (rig, heard) => {
    const connector = await rig.start();
    try {
      const clients = await rig.exchange.until(() => {
        const ready = rig.exchange.clients.filter(({ received }) => received.length > 0);
        return ready.length === 2 ? ready : undefined;
      });
      await chatter(clients, heard, () => heard.marks.length > 10 && heard.records.length > 500);
      const connections = new Set(heard.records.map(({ connection }) => connection));
      assert.deepEqual([...connections].sort(), [1, 2]);
    } finally {
      await connector.close();
    }
  }));

Deno.test("time goes on in a market in which nothing happens, and after a reconnect and a restart", () =>
  withRig({}, async (rig, heard) => {
    let connector = await rig.start();
    const first = await rig.exchange.client(({ received }) => received.length > 0);
    send(first, { trade: "A", id: 1 });
    await heard.until(() => heard.records.length === 1);
    const { marks } = heard;
    const before = marks.length;
    await heard.until(() => marks.length > before + 3);
    first.socket.terminate();
    const second = await rig.exchange.client((each, i) => i === 1 && each.received.length > 0);
    send(second, { trade: "A", id: 2 });
    await heard.until(() =>
      heard.records.some(({ type, sequence }) => type === "trade" && sequence > 1)
    );
    await connector.close();
    const atStop = marks.length;
    assert.ok(
      marks.at(-1) as number >= Math.max(...heard.records.map((each) => each.receivedAtUs)),
    );
    connector = rig.connector();
    await connector.start();
    await heard.until(() => marks.length > atStop + 2);
    await connector.close();
  }));

Deno.test("a watermark waits for lines that are not durable and for messages that are not stored", () => {
  const transport = memoryTransport();
  const published: number[] = [];
  const publisher = {
    ...transport.publisher(),
    ...{ full: false, pending: 0 },
    publish: ({ payload }: { payload: Uint8Array }) =>
      void published.push(decodeWatermark(payload).timeUs),
  };
  let nowUs = 1_000_000;
  const lines = { received: 5, processed: 4 };
  const stored = { id: "a-3-0", all: false };
  const watermarks = new Watermarks({
    ...{ env: ENV, feed: "fake", publisher: publisher as never },
    ...{ timeUs: () => nowUs, isTelling: () => true, lastId: () => "a-5-1" },
    ...{ lines: () => lines, stored: () => stored },
  });
  watermarks.tick();
  assert.deepEqual(published, [], "a line is not durable");
  lines.processed = 5;
  watermarks.look();
  assert.deepEqual(published, [], "its messages are not stored");
  nowUs = 2_000_000;
  lines.received = lines.processed = 9;
  watermarks.tick();
  stored.id = "a-5-1";
  watermarks.onStored("a-5-1");
  assert.deepEqual(published, [1_000_000], "the time that was waited for, not a later one");
  stored.all = true;
  watermarks.tick();
  assert.deepEqual(published, [1_000_000, 2_000_000]);
});

Deno.test("a look after the end says nothing and does not fail", async () => {
  const transport = memoryTransport();
  const published: number[] = [];
  await transport.subscribe([SUBJECT], ({ payload }) => {
    published.push(decodeWatermark(payload).timeUs);
  });
  let nowUs = 1_000_000;
  const watermarks = new Watermarks({
    ...{ env: ENV, feed: "fake", publisher: transport.publisher() },
    ...{ timeUs: () => nowUs, isTelling: () => true, lastId: () => "" },
    lines: () => ({ received: 0, processed: 0 }),
    stored: () => ({ id: "", all: true }),
  });
  await watermarks.finish();
  nowUs = 2_000_000;
  watermarks.tick();
  await transport.close();
  assert.deepEqual(published, [1_000_000]);
});

import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { type Fire, fireSubject } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import { archiveOf, ENV, optionsOf, publish, START_US } from "./_fixtures.ts";
import { createArchiver } from "./mod.ts";

const encoder = new Encoder();

/** Fire number `i`: every second one of another feed. */
function fireOf(i: number): Fire {
  return {
    type: "fire",
    timestampUs: 0,
    receivedAtUs: START_US + i * 1_000_000,
    ...{ symbol: "BTCUSD", feed: i % 2 === 0 ? "kraken" : "kalshi", sequence: i + 1 },
    ...{ id: i.toString(16).padStart(32, "0"), signal: "spread_widens", version: 1 },
    ...{ sourceHash: "a".repeat(64), paramsHash: "b".repeat(64), engine: "1 v8/15.0" },
    ...{ causeSequence: i + 1, causeReceivedAtUs: START_US + i * 1_000_000, values: `{"i":${i}}` },
  };
}

function publishFires(transport: Transport, from: number, to: number): void {
  const publisher = transport.publisher();
  for (let i = from; i < to; i++) {
    const fire = fireOf(i);
    // An id of the message that is new each time: the bus forgets ids after some minutes.
    const id = `${fire.id}-${crypto.randomUUID()}`;
    publisher.publish({
      subject: fireSubject(ENV, fire.signal),
      payload: encoder.encode(fire),
      id,
    });
  }
}

Deno.test("a fire is archived once in the day of its feed, however often and late it comes", async () => {
  const storage = memoryStorage();
  for (let life = 0; life < 3; life++) {
    const transport = memoryTransport();
    const archiver = createArchiver(optionsOf(transport, storage));
    await archiver.start();
    publish(transport, life * 300, (life + 1) * 300);
    publishFires(transport, 0, 20 * (life + 1));
    await archiver.flush();
    publishFires(transport, 0, 20 * (life + 1));
    await archiver.close();
    assert.equal(archiver.stats().deadLettered, 0);
    await transport.close();
  }
  const { events, manifests, orphans } = await archiveOf(storage);
  const fires = events.filter((event) => event.type === "fire")
    .sort((a, b) => a.receivedAtUs - b.receivedAtUs);
  assert.deepEqual(fires, Array.from({ length: 60 }, (_, i) => fireOf(i)));
  assert.equal(events.length, 960);
  assert.deepEqual(orphans, []);
  assert.deepEqual(manifests.map(({ feed }) => feed).sort(), ["kalshi", "kraken"]);
});

Deno.test("what is no fire on a signal's subject is dead-lettered, and holds nothing up", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const letters: string[] = [];
  await transport.subscribe([`${ENV}.dlq.>`], ({ subject }) => letters.push(subject));
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  const publisher = transport.publisher();
  const subject = fireSubject(ENV, "spread_widens");
  publisher.publish({ subject, payload: new Uint8Array([1, 2, 3]), id: "bad" });
  const elsewhere = encoder.encode({ ...fireOf(1), feed: "../raw" });
  publisher.publish({ subject, payload: elsewhere, id: "elsewhere" });
  publishFires(transport, 0, 1);
  await archiver.close();
  assert.equal(archiver.stats().deadLettered, 2);
  assert.equal(letters.length, 2);
  assert.equal((await archiveOf(storage)).events.length, 1);
  await transport.close();
});

import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { type Action, actionSubject, type Fire, fireSubject } from "@ssmd/market";
import { withMembers } from "@ssmd/runtime";
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

/** What was done about fire number `i`, two seconds later. */
function actionOf(i: number): Action {
  const { type: _, id: fireId, receivedAtUs: firedAtUs, ...rest } = fireOf(i);
  const { timestampUs, symbol, feed, sequence, signal, values } = rest;
  return {
    ...{ type: "action", timestampUs, receivedAtUs: firedAtUs + 2_000_000, symbol, feed, sequence },
    ...{ id: `a-${i}`, fireId, firedAtUs, signal, policy: "watch", action: "tell", kind: "alert" },
    ...{ detail: `{"severity":"info"}`, state: "done", chosenBy: "default", model: "" },
    ...{ reason: "no model is named", problem: "", decidedBy: "", values },
  };
}

/** Fires, and what was done about them. */
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
    const action = actionOf(i);
    publisher.publish({
      subject: actionSubject(ENV, action.policy),
      payload: encoder.encode(action),
      id: `${action.id}-${crypto.randomUUID()}`,
    });
  }
}

Deno.test("a fire and its action are archived once in the day of their feed, however often and late they come", async () => {
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
  const actions = events.filter((event) => event.type === "action")
    .sort((a, b) => a.receivedAtUs - b.receivedAtUs);
  assert.deepEqual(actions, Array.from({ length: 60 }, (_, i) => actionOf(i)));
  assert.equal(events.length, 1020);
  assert.deepEqual(orphans, []);
  assert.deepEqual(manifests.map(({ feed }) => feed).sort(), ["kalshi", "kraken"]);
});

Deno.test("what is no fire or action on their subjects is dead-lettered, and holds nothing up", async () => {
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
  const nowhere = { subject: actionSubject(ENV, "watch"), payload: new Uint8Array([9]) };
  publisher.publish({ ...nowhere, id: "no action" });
  publishFires(transport, 0, 1);
  await archiver.close();
  assert.equal(archiver.stats().deadLettered, 3);
  assert.equal(letters.length, 3);
  assert.equal((await archiveOf(storage)).events.length, 2);
  await transport.close();
});

Deno.test("an archiver of fires and actions alone takes what the bus holds before it ends", async () => {
  const bus = memoryTransport();
  // Delivers late, as a bus on another machine.
  const transport = withMembers(bus, {
    consume: (options) =>
      bus.consume({
        ...options,
        onMessage: (message) => void setTimeout(() => options.onMessage(message), 30),
      }),
  });
  const storage = memoryStorage();
  const archiver = createArchiver({ ...optionsOf(transport, storage), derivedOnly: true });
  await archiver.start();
  publishFires(transport, 0, 40);
  publish(transport, 0, 300);
  await archiver.flush();
  assert.equal((await archiveOf(storage)).events.length, 80);
  publish(transport, 300, 600);
  publishFires(transport, 40, 80);
  await archiver.close();
  const { events } = await archiveOf(storage);
  assert.equal(events.length, 160);
  assert.ok(events.every(({ type }) => type === "fire" || type === "action"));
  assert.equal(archiver.stats().bufferedBytes, 0);
  await transport.close();
});

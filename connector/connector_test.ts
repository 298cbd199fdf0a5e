import assert from "node:assert/strict";
import { parseRawKey, rawLinesOf } from "@ssmd/archive";
import { memoryTransport } from "@ssmd/transport";
import { ConnectorRig, type RigOptions } from "./testing/connector_rig.ts";
import { send } from "./testing/fake_exchange.ts";
import type { Connector } from "./connector.ts";

async function withRig(
  options: RigOptions,
  body: (rig: ConnectorRig, connector: Connector) => Promise<void>,
): Promise<void> {
  const rig = new ConnectorRig(options);
  try {
    const connector = await rig.start();
    try {
      await body(rig, connector);
    } finally {
      await connector.close();
    }
  } finally {
    await rig.close();
  }
}

const subscribed = ({ received }: { received: string[] }) => received.length > 0;

/** Silence after which a venue is left: a sign of life every 20 ms may come a hundred times too late. */
const SILENCE_MS = 2_000;

async function forLongerThanSilence(giveSign: () => void): Promise<void> {
  for (const startMs = performance.now(); performance.now() - startMs < SILENCE_MS + 500;) {
    giveSign();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a lost connection is made again, subscribed again, and the time between is a gap", () =>
  withRig({}, async (rig, connector) => {
    const first = await rig.exchange.client(subscribed);
    assert.deepEqual(first.received, ["subscribe A"]);
    send(first, { trade: "A", id: 1 });
    await rig.until((events) => events.length === 1);
    first.socket.terminate();
    const second = await rig.exchange.client((client, index) => index === 1 && subscribed(client));
    assert.deepEqual(second.received, ["subscribe A"]);
    send(second, { trade: "A", id: 2 });
    await rig.until((events) => events.length === 4);
    assert.deepEqual(rig.tradeIds(), [1, 2]);
    const [before, open, recovered, after] = rig.events;
    assert.deepEqual(rig.events.map(({ sequence }) => sequence), [1, 2, 3, 4]);
    assert.ok(open?.type === "gap" && recovered?.type === "gap");
    assert.equal(open.fromUs, before?.receivedAtUs);
    assert.deepEqual([open.toUs, open.recovered], [0, false]);
    assert.deepEqual([recovered.fromUs, recovered.toUs], [open.fromUs, after?.receivedAtUs]);
    assert.equal(connector.stats().connected, 1);
  }));

Deno.test("a venue that refuses is tried again at growing intervals", () =>
  withRig({}, async (rig) => {
    const at: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { socket } = await rig.exchange.client((client, index) =>
        index === i && subscribed(client)
      );
      at.push(performance.now());
      socket.terminate();
    }
    const waits = at.slice(1).map((ms, i) => ms - (at[i] as number));
    // A busy machine may come later, never sooner.
    for (const [i, wait] of waits.entries()) {
      assert.ok(wait > 100 * 2 ** i * 0.85, `wait ${i} was ${wait} ms`);
    }
  }));

Deno.test("a connection on which nothing comes is broken and made again", () =>
  withRig({ venue: { silenceMsMax: 300 } }, async (rig) => {
    const first = await rig.exchange.client(subscribed);
    send(first, { trade: "A", id: 1 });
    const second = await rig.exchange.client((_, index) => index === 1);
    send(second, { trade: "A", id: 2 });
    await rig.until(() => rig.tradeIds().includes(2));
    assert.match(rig.gaps()[0]?.detail ?? "", /^silent for \d+ ms$/);
  }));

Deno.test("a process that was stopped reads what lies in its socket before it calls the venue silent", () =>
  withRig({ venue: { silenceMsMax: 1000 } }, async (rig) => {
    const client = await rig.exchange.client(subscribed);
    send(client, { trade: "A", id: 0 });
    await rig.until((events) => events.length === 1);
    for (let id = 1; id < 100; id++) send(client, { trade: "A", id });
    // Nothing of this process runs meanwhile, as after SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
    await rig.until((events) => events.length >= 100 || rig.gaps().length > 0);
    assert.deepEqual(rig.gaps(), []);
    assert.deepEqual(rig.tradeIds(), Array.from({ length: 100 }, (_, id) => id));
  }));

Deno.test("a connection that pings is alive without frames", () =>
  withRig({ venue: { silenceMsMax: SILENCE_MS } }, async (rig) => {
    const { socket } = await rig.exchange.client(subscribed);
    await forLongerThanSilence(() => socket.ping());
    assert.equal(rig.exchange.clients.length, 1);
  }));

Deno.test("a hole in a book's numbers gives a gap, a request for a snapshot, and the recovery", () =>
  withRig({}, async (rig, connector) => {
    const client = await rig.exchange.client(subscribed);
    send(client, { snap: "A", n: 1 }, { book: "A", n: 2 }, { book: "A", n: 5 });
    await rig.exchange.until(() => client.received.includes("snapshot A") || undefined);
    send(client, { book: "A", n: 6 }, { snap: "A", n: 6 }, { book: "A", n: 7 });
    await rig.until((events) => events.length === 6);
    assert.deepEqual(
      rig.events.map((event) =>
        event.type === "gap" ? [event.missed, event.recovered] : event.type
      ),
      ["orderbook", "orderbook", [2, false], [2, true], "orderbook", "orderbook"],
    );
    assert.equal(connector.stats().gaps, 2);
  }));

Deno.test("a refusal that ends the subscription makes a new connection", () =>
  withRig({}, async (rig) => {
    const client = await rig.exchange.client(subscribed);
    send(client, { refused: "wait", terminal: false }, { refused: "gone", terminal: true });
    await rig.exchange.client((client, index) => index === 1 && subscribed(client));
    await rig.until((events) => events.length === 1);
    assert.equal(rig.gaps()[0]?.detail, "gone");
  }));

Deno.test("the text that answers a ping is a sign of life, and a frame's line end is no part of it", () =>
  withRig({
    venue: {
      silenceMsMax: SILENCE_MS,
      keepAlive: { intervalMs: 50, frame: () => "PING", answer: "PONG" },
    },
  }, async (rig, connector) => {
    const client = await rig.exchange.client(subscribed);
    await forLongerThanSilence(() => client.socket.send("PONG", { binary: false }));
    assert.ok(client.received.includes("PING"));
    assert.equal(rig.exchange.clients.length, 1);
    client.socket.send(`${JSON.stringify({ trade: "A", id: 1 })}\n`, { binary: false });
    await rig.until((events) => events.length === 1);
    assert.equal(connector.stats().unreadable, 0);
    await connector.close();
    const frames = (await rawLines(rig)).filter(({ kind }) => kind !== "event");
    assert.deepEqual(frames.map((line) => line.kind === "frame" && line.text), [
      '{"trade":"A","id":1}',
    ]);
  }));

Deno.test("what cannot be read is kept in raw byte for byte, told as a gap and dead-lettered", () =>
  withRig({}, async (rig, connector) => {
    const letters: { reason: string; frame_base64: string }[] = [];
    await rig.transport.subscribe(["test.dlq.>"], ({ payload }) => {
      letters.push(JSON.parse(new TextDecoder().decode(payload)));
    });
    const client = await rig.exchange.client(subscribed);
    client.socket.send("<html>", { binary: false });
    client.socket.send(Uint8Array.of(0, 255, 10), { binary: true });
    send(client, `{"strange":1}`, { trade: "A", id: 1 });
    await rig.until((events) => events.length === 4);
    assert.deepEqual(rig.gaps().map(({ reason }) => reason), ["parse", "parse", "parse"]);
    assert.equal(connector.stats().unreadable, 3);
    assert.equal(letters.length, 3);
    assert.equal(atob(letters[0]?.frame_base64 ?? ""), "<html>");
    assert.match(letters[1]?.reason ?? "", /line break/);
    await connector.close();
    const lines = await rawLines(rig);
    assert.deepEqual(lines.map((line) => line.kind), [
      ...["event", "binary", "binary", "frame", "frame", "event"],
    ]);
    const [, html, binary] = lines;
    assert.ok(html?.kind === "binary" && binary?.kind === "binary");
    assert.deepEqual([...binary.bytes], [0, 255, 10]);
  }));

async function rawLines({ storage }: ConnectorRig) {
  const lines = [];
  for await (const { key } of storage.list("raw/")) {
    if (!parseRawKey(key)) continue;
    for (const line of rawLinesOf(await storage.get(key), key)) {
      if (line.kind !== "capture") lines.push(line);
    }
  }
  return lines;
}

Deno.test("the time between a stop and the next start is a gap on every connection", async () => {
  const rig = new ConnectorRig({ symbols: ["A", "B", "C"] });
  const first = await rig.start();
  const one = await rig.exchange.client(({ received }) => received.includes("subscribe A B"));
  const two = await rig.exchange.client(({ received }) => received.includes("subscribe C"));
  send(two, { trade: "C", id: 1 });
  await rig.until((events) => events.length === 1);
  send(one, { trade: "A", id: 2 });
  await rig.until((events) => events.length === 2);
  const [c, a] = rig.events.map(({ receivedAtUs }) => receivedAtUs);
  await first.close();
  const second = rig.connector();
  await second.start();
  await rig.until((events) => events.length === 4);
  assert.deepEqual(rig.gaps().map(({ fromUs }) => fromUs), [a, c]);
  for (const gap of rig.gaps()) {
    assert.match(gap.detail, /^stopped: /);
    assert.equal(gap.reason, "planned");
  }
  // Nobody says anything in this life: the next one still knows since when.
  await second.close();
  const third = rig.connector();
  await third.start();
  await rig.until((events) => events.length === 6);
  assert.deepEqual(rig.gaps().map(({ fromUs }) => fromUs), [a, c, a, c]);
  await third.close();
  await rig.close();
});

Deno.test("a stop that cannot be noted is a gap too: the spool keeps what tells it", async () => {
  const transport = Object.defineProperty(memoryTransport(), "durable", { value: true });
  const rig = new ConnectorRig({ transport });
  try {
    const first = await rig.start();
    const before = await rig.exchange.client(subscribed);
    send(before, { trade: "A", id: 1 });
    await rig.until((events) => events.length === 1);
    await Deno.mkdir(`${rig.spoolDir}/last-stop.json/taken`, { recursive: true });
    await first.close();
    await Deno.remove(`${rig.spoolDir}/last-stop.json`, { recursive: true });
    const second = rig.connector();
    await second.start();
    const after = await rig.exchange.client((client, index) => index === 1 && subscribed(client));
    send(after, { trade: "A", id: 2 });
    await rig.until((events) => events.some(({ type }) => type === "gap"));
    assert.equal(rig.gaps()[0]?.fromUs, rig.events[0]?.receivedAtUs);
    await second.close();
  } finally {
    await rig.close();
  }
});

Deno.test("a connection of markets that were never captured has missed nothing", async () => {
  const before = new ConnectorRig({ symbols: ["A"] });
  const first = await before.start();
  send(await before.exchange.client(subscribed), { trade: "A", id: 1 });
  await before.until((events) => events.length === 1);
  await first.close();
  // "B" and "A" share the first connection, "C" is new and has the second one to itself.
  const rig = new ConnectorRig({ symbols: ["B", "A", "C"] });
  await Deno.rename(before.spoolDir, rig.spoolDir);
  const second = await rig.start();
  send(await rig.exchange.client(({ received }) => received.includes("subscribe C")), {
    ...{ trade: "C", id: 1 },
  });
  await rig.until((events) =>
    events.some(({ type, symbol }) => type === "trade" && symbol === "C")
  );
  assert.deepEqual(rig.gaps().map(({ connection }) => connection), [1]);
  await second.close();
  await before.close();
  await rig.close();
});

Deno.test("what a killed process left of its publishQueue is removed", async () => {
  const rig = new ConnectorRig();
  await Deno.mkdir(rig.spoolDir);
  await Deno.writeTextFile(`${rig.spoolDir}/outbox`, "old");
  const connector = await rig.start();
  await assert.rejects(Deno.stat(`${rig.spoolDir}/outbox`), Deno.errors.NotFound);
  await connector.close();
  await rig.close();
});

Deno.test("two connectors never share a spool", async () => {
  const rig = new ConnectorRig();
  const first = await rig.start();
  const second = rig.connector();
  await assert.rejects(second.start(), { code: "SPOOL_IN_USE" });
  await first.close();
  await rig.close();
});

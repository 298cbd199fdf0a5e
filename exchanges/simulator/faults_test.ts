import assert from "node:assert/strict";
import { demoKey, parseScheduledFault, type Simulator, startSimulator } from "./mod.ts";
import { signedHeaders, TestClient } from "./testing.ts";

const MODEL = { type: "model", seed: 11, ratePerSecond: 400 } as const;

async function krakenBook(simulator: Simulator): Promise<TestClient> {
  const client = await TestClient.open(simulator.url);
  client.send({ method: "subscribe", params: { channel: "book", symbol: ["BTC/USD"] } });
  await client.next((frame) => frame.includes(`"type":"snapshot"`));
  return client;
}

async function kalshiBooks(simulator: Simulator): Promise<TestClient> {
  const client = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
  client.send({
    id: 1,
    cmd: "subscribe",
    params: { channels: ["orderbook_delta"], market_tickers: ["KXSIMBTC-26DEC31-T99999.99"] },
  });
  await client.next((frame) => frame.includes("orderbook_snapshot"));
  return client;
}

const VENUES = {
  kraken: { open: krakenBook, data: `"type":"update","data":[{"symbol"` },
  kalshi: { open: kalshiBooks, data: `"orderbook_delta"` },
} as const;

for (const venue of ["kraken", "kalshi"] as const) {
  const { open, data } = VENUES[venue];
  const isData = (frame: string) => frame.includes(data);
  const start = () => startSimulator({ venue, source: MODEL });

  Deno.test(`${venue}: drop cuts the connection without a close frame, a new one works`, async () => {
    const simulator = await start();
    const client = await open(simulator);
    simulator.fault({ type: "drop" });
    assert.equal((await client.closed).code, 1006);
    const again = await open(simulator);
    await again.next(isData);
    await again.close();
    await simulator.close();
  });

  Deno.test(`${venue}: repeat sends a book message twice`, async () => {
    const simulator = await start();
    const client = await open(simulator);
    simulator.fault({ type: "repeat" });
    // Some were on their way before.
    let last = await client.next(isData);
    let isRepeated = false;
    for (let i = 0; i < 200 && !isRepeated; i++) {
      const next = await client.next(isData);
      isRepeated = next === last;
      last = next;
    }
    assert.ok(isRepeated);
    await client.close();
    await simulator.close();
  });

  Deno.test(`${venue}: rubbish of every form arrives, and data goes on after it`, async () => {
    const simulator = await start();
    const client = await open(simulator);
    const expected = {
      json: (frame: string) => frame.startsWith("<html>"),
      binary: (frame: string) => frame === "<8 bytes>",
      unknown: (frame: string) => frame.includes("weather"),
      truncated: (frame: string) => {
        try {
          JSON.parse(frame);
          return false;
        } catch {
          return frame.startsWith("{");
        }
      },
      huge: (frame: string) => frame.length > 50 * 1024 * 1024,
    } as const;
    for (const [what, arrived] of Object.entries(expected)) {
      simulator.fault({ type: "rubbish", what: what as keyof typeof expected });
      await client.next(arrived);
      await client.next(isData);
    }
    await client.close();
    await simulator.close();
  });

  Deno.test(`${venue}: silence sends nothing but answers pings, then data comes again`, async () => {
    const simulator = await start();
    const client = await open(simulator);
    await client.next(isData);
    const startedMs = performance.now();
    simulator.fault({ type: "silent", forMs: 400 });
    // What was on its way comes before the answer.
    await client.ping();
    const before = client.frames.length;
    await client.ping();
    while (client.frames.length === before) await client.next();
    const silentMs = performance.now() - startedMs;
    assert.ok(silentMs > 395, `silent for ${silentMs} ms`);
    await client.next(isData);
    await client.close();
    await simulator.close();
  });

  Deno.test(`${venue}: a fault without a client strikes the next one`, async () => {
    const simulator = await start();
    simulator.fault({ type: "rubbish", what: "json" });
    const headers = venue === "kalshi" ? await signedHeaders(await demoKey()) : {};
    const client = await TestClient.open(simulator.url, headers);
    await client.next((frame) => frame.startsWith("<html>"));
    await client.close();
    await simulator.close();
  });

  Deno.test(`${venue}: faults come by POST, wrong ones are refused with the reason`, async () => {
    const simulator = await start();
    const client = await open(simulator);
    const post = (body: string) =>
      fetch(`http://127.0.0.1:${simulator.port}/fault`, { method: "POST", body });
    const good = await post(`{"type":"rubbish","what":"json"}`);
    assert.equal(good.status, 200);
    await good.body?.cancel();
    await client.next((frame) => frame.startsWith("<html>"));
    const wrong = await post(`{"type":"droop"}`);
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /"droop\\" is no fault/);
    const stats = await fetch(`http://127.0.0.1:${simulator.port}/stats`);
    assert.equal((await stats.json()).faults, 1);
    await client.close();
    await simulator.close();
  });

  Deno.test(`${venue}: scheduled faults inject after so many frames`, async () => {
    const simulator = await startSimulator({
      venue,
      source: { ...MODEL, speed: "max", events: 3000 },
      faults: [parseScheduledFault("drop=frames:100", venue)],
    });
    const client = await open(simulator);
    assert.equal((await client.closed).code, 1006);
    assert.ok(client.frames.length <= 100);
    await simulator.close();
  });
}

Deno.test("kalshi: skip leaves a hole in the sequence", async () => {
  const simulator = await startSimulator({ venue: "kalshi", source: MODEL });
  const client = await kalshiBooks(simulator);
  const { seq } = await client.json("orderbook_delta");
  simulator.fault({ type: "skip", count: 2 });
  let last = seq;
  for (;;) {
    const next = (await client.json("orderbook_delta")).seq;
    if (next !== last + 1) {
      assert.equal(next, last + 3);
      break;
    }
    last = next;
  }
  await client.close();
  await simulator.close();
});

Deno.test("kraken: checksum corrupts the checksum of one update only", async () => {
  const source = { ...MODEL, speed: "max", events: 2000, startUs: 0 } as const;
  const frames: string[][] = [];
  for (const corrupt of [false, true]) {
    const simulator = await startSimulator({ venue: "kraken", source });
    if (corrupt) simulator.fault({ type: "checksum" });
    const client = await TestClient.open(simulator.url);
    client.send({ method: "subscribe", params: { channel: "book", symbol: ["BTC/USD"] } });
    await simulator.done;
    frames.push(client.frames.filter((frame) => frame.startsWith(`{"channel":"book"`)));
    await client.close();
    await simulator.close();
  }
  const [good = [], bad = []] = frames;
  assert.equal(good.length, bad.length);
  const different = good.flatMap((frame, i) => frame === bad[i] ? [] : [[frame, bad[i] ?? ""]]);
  assert.equal(different.length, 1);
  const checksums = different[0]?.map((frame) => JSON.parse(frame).data[0].checksum) ?? [];
  assert.equal((checksums[0] + 1) % 2 ** 32, checksums[1]);
  const strip = (frame = "") => frame.replace(/"checksum":\d+/, "");
  assert.equal(strip(different[0]?.[0]), strip(different[0]?.[1]));
});

async function ask(client: TestClient, channel: string, ...symbol: string[]): Promise<void> {
  client.send({ method: "subscribe", params: { channel, symbol, snapshot: true } });
  await client.next((frame) => frame.includes(`"method":"subscribe"`));
}

Deno.test("kraken: a market is refused as often as it is told, on connections to come as well", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: MODEL });
  simulator.fault({ type: "refuse", symbol: "ETH/USD", kind: "trade", count: 1 });
  const client = await TestClient.open(simulator.url);
  const isReply = (frame: string) => frame.includes(`"method":"subscribe"`);
  client.send({ method: "subscribe", params: { channel: "ticker", symbol: ["ETH/USD"] } });
  assert.match(await client.next(isReply), /"success":true/);
  const trades = { method: "subscribe", params: { channel: "trade", symbol: ["ETH/USD"] } };
  client.send(trades);
  assert.match(await client.next(isReply), /"error":"Exceeded msg rate".*"symbol":"ETH\/USD"/);
  client.send(trades);
  assert.match(await client.next(isReply), /"success":true/);
  await client.close();
  await simulator.close();
});

Deno.test("kraken: a mute market is confirmed, and only the others come", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: MODEL });
  simulator.fault({ type: "mute", symbol: "ETH/USD" });
  const client = await TestClient.open(simulator.url);
  await ask(client, "book", "ETH/USD", "BTC/USD");
  for (let i = 0; i < 20; i++) await client.next((frame) => frame.includes(`"symbol":"BTC/USD"`));
  const books = client.frames.filter((frame) => frame.startsWith(`{"channel":"book"`));
  assert.deepEqual(books.filter((frame) => frame.includes("ETH/USD")), []);
  await client.close();
  await simulator.close();
});

Deno.test("kraken: what was subscribed is forgotten after a maintenance, and can be asked for again", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: MODEL });
  const client = await krakenBook(simulator);
  simulator.fault({ type: "forget" });
  await client.next((frame) => frame.includes(`"system":"maintenance"`));
  await client.next((frame) => frame.includes(`"system":"online"`));
  await ask(client, "ticker", "BTC/USD");
  await client.next((frame) => frame.startsWith(`{"channel":"ticker"`));
  const from = client.frames.findLastIndex((frame) => frame.includes(`"system":"online"`));
  const after = client.frames.slice(from);
  assert.deepEqual(after.filter((frame) => frame.startsWith(`{"channel":"book"`)), []);
  await client.close();
  await simulator.close();
});

Deno.test("a checksum fault is refused where messages have none", async () => {
  const simulator = await startSimulator({ venue: "kalshi", source: MODEL });
  assert.throws(() => simulator.fault({ type: "checksum" }), /carry no checksum/);
  await simulator.close();
});

Deno.test("fault texts are read, wrong ones refused with a hint", () => {
  assert.deepEqual(parseScheduledFault("drop=every:30s", "kraken"), {
    fault: { type: "drop" },
    everyMs: 30_000,
  });
  assert.deepEqual(parseScheduledFault("silent=at:1m,for:500ms,heartbeats", "kraken"), {
    fault: { type: "silent", forMs: 500, heartbeats: true },
    atMs: 60_000,
  });
  assert.deepEqual(parseScheduledFault("skip=frames:100,kind:trade,count:3", "kalshi"), {
    fault: { type: "skip", kind: "trade", count: 3 },
    everyFrames: 100,
  });
  const wrong = {
    "dorp=every:1s": /"dorp" is no fault/,
    "drop": /When is drop to happen/,
    "drop=every:soon": /no duration/,
    "drop=evry:1s": /A fault has no "evry"/,
    "rubbish=at:1s,what:socks": /no form of rubbish/,
    "skip=frames:0": /no number above 0/,
    "silent=every:1s,for:0s": /no duration/,
    "refuse=at:1s": /Which market is refuse of/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    assert.throws(() => parseScheduledFault(text, "kraken"), message);
  }
});

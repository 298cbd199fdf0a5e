import assert from "node:assert/strict";
import { kalshi } from "../../kalshi/mod.ts";
import { demoKey, type Simulator, startSimulator } from "../mod.ts";
import { signedHeaders, TestClient } from "../testing.ts";

const [FIRST, SECOND, THIRD] = [
  "KXSIMBTC-26DEC31-T99999.99",
  "KXSIMRAIN-26DEC31-B0.5",
  "KXSIMETH-26DEC31-T4999.99",
] as const;

function start(
  speed: number | "max" = 1,
  events?: number,
  ratePerSecond = 300,
): Promise<Simulator> {
  return startSimulator({
    venue: "kalshi",
    source: {
      type: "model",
      seed: 5,
      ratePerSecond,
      speed,
      ...(events === undefined ? {} : { events }),
    },
  });
}

async function connect(simulator: Simulator): Promise<TestClient> {
  return TestClient.open(simulator.url, await signedHeaders(await demoKey()));
}

Deno.test("kalshi: each sid counts by one, deltas keep every book sound, tickers carry no seq", async () => {
  const simulator = await start("max", 20_000);
  const client = await connect(simulator);
  const channels = ["orderbook_delta", "ticker", "trade", "market_lifecycle_v2"];
  client.send({
    id: 1,
    cmd: "subscribe",
    params: { channels, market_tickers: [FIRST, SECOND, THIRD] },
  });
  await simulator.done;
  const seqs = new Map<number, number>();
  const books = new Map<string, Map<string, number>>();
  const count: Record<string, number> = {};
  for (const frame of client.frames) {
    const { type, sid, seq, msg } = JSON.parse(frame);
    count[type] = (count[type] ?? 0) + 1;
    if (type === "subscribed") continue;
    if (type === "ticker") {
      assert.equal(seq, undefined);
      continue;
    }
    assert.equal(seq, (seqs.get(sid) ?? 0) + 1, frame);
    seqs.set(sid, seq);
    if (type === "orderbook_snapshot") {
      const book = new Map<string, number>();
      for (const side of ["yes", "no"]) {
        const prices = (msg[`${side}_dollars_fp`] ?? []).map(([price, size]: [string, string]) => {
          book.set(`${side} ${price}`, Math.round(Number(size) * 100));
          return Number(price);
        });
        assert.deepEqual(prices, prices.toSorted((a: number, b: number) => a - b));
      }
      books.set(msg.market_ticker, book);
    } else if (type === "orderbook_delta") {
      const book = books.get(msg.market_ticker) as Map<string, number>;
      const key = `${msg.side} ${msg.price_dollars}`;
      const size = (book.get(key) ?? 0) + Math.round(Number(msg.delta_fp) * 100);
      assert.ok(size >= 0, frame);
      if (size === 0) book.delete(key);
      else book.set(key, size);
    } else if (type === "trade") {
      assert.equal(Number(msg.yes_price_dollars) + Number(msg.no_price_dollars), 1);
      assert.equal(msg.taker_book_side === "bid", msg.taker_outcome_side === "yes");
    }
  }
  for (const book of books.values()) {
    const best = (side: string) =>
      Math.max(
        ...[...book.keys()].filter((key) => key.startsWith(side))
          .map((key) => Number(key.slice(side.length + 1))),
      );
    assert.ok(best("yes") + best("no") < 1, "crossed");
  }
  assert.ok(
    (count.orderbook_delta ?? 0) > 10_000 && (count.trade ?? 0) > 500,
    JSON.stringify(count),
  );
  await client.close();
  await simulator.close();
});

Deno.test("kalshi: replies to changes take a seq, snapshots of added markets follow", async () => {
  const simulator = await start();
  const client = await connect(simulator);
  client.send({
    id: 7,
    cmd: "subscribe",
    params: { channels: ["ticker", "orderbook_delta"], market_ticker: FIRST },
  });
  const acks = [await client.json("subscribed"), await client.json("subscribed")];
  assert.deepEqual(acks.map((ack) => ack.msg), [
    { channel: "ticker", sid: 1 },
    { channel: "orderbook_delta", sid: 2 },
  ]);
  const seen: { type: string; seq: number; msg?: { market_ticker?: string } }[] = [];
  const until = async (type: string) => {
    for (;;) {
      const frame = await client.json(`"sid":2`);
      seen.push(frame);
      if (frame.type === type) return frame;
    }
  };
  await until("orderbook_snapshot");
  const update = (id: number, params: object) =>
    client.send({ id, cmd: "update_subscription", params: { sid: 2, ...params } });
  update(8, { action: "add_markets", market_tickers: [SECOND] });
  assert.deepEqual((await until("ok")).msg, { market_tickers: [FIRST, SECOND] });
  assert.equal((await until("orderbook_snapshot")).msg.market_ticker, SECOND);
  update(9, { action: "get_snapshot", market_tickers: [FIRST] });
  assert.equal((await until("orderbook_snapshot")).msg.market_ticker, FIRST);
  update(10, { action: "delete_markets", market_tickers: [FIRST] });
  assert.deepEqual((await until("ok")).msg, { market_tickers: [SECOND] });
  client.send({ id: 11, cmd: "list_subscriptions" });
  const list = await client.json(`"id":11`);
  assert.deepEqual(list.msg, [{ channel: "ticker", sid: 1 }, {
    channel: "orderbook_delta",
    sid: 2,
  }]);
  client.send({ id: 12, cmd: "unsubscribe", params: { sids: [2] } });
  assert.equal((await until("unsubscribed")).id, 12);
  await client.close();
  await simulator.close();
  const all = client.frames.filter((frame) => /"sid":2,"seq"/.test(frame));
  assert.deepEqual(all.map((frame) => JSON.parse(frame).seq), all.map((_, i) => i + 1));
});

Deno.test("kalshi: use_yes_price gives the NO side as prices of YES", async () => {
  // The book stands still between the two.
  const simulator = await start(1, undefined, 1e-6);
  const plain = await connect(simulator);
  const yes = await connect(simulator);
  const params = { channels: ["orderbook_delta"], market_tickers: [FIRST] };
  plain.send({ id: 1, cmd: "subscribe", params });
  yes.send({ id: 1, cmd: "subscribe", params: { ...params, use_yes_price: true } });
  const [a, b] = [await plain.json("snapshot"), await yes.json("snapshot")];
  const turned = (b.msg.no_dollars_fp as [string, string][])
    .map(([price, size]) => [(1 - Number(price)).toFixed(4), size]).reverse();
  assert.deepEqual(turned, a.msg.no_dollars_fp);
  await plain.close();
  await yes.close();
  await simulator.close();
});

const REFUSALS: [string, unknown, number][] = [
  ["text that is no JSON", "{", 1],
  ["a list", [], 1],
  ["an id below 0", { id: -1, cmd: "subscribe", params: {} }, 1],
  ["a subscription without params", { id: 1, cmd: "subscribe" }, 2],
  ["a subscription without channels", { id: 1, cmd: "subscribe", params: {} }, 3],
  ["an unsubscription without sids", { id: 1, cmd: "unsubscribe", params: {} }, 4],
  ["a command that is unknown", { id: 1, cmd: "fly", params: {} }, 5],
  ["a sid that is unknown", { id: 1, cmd: "unsubscribe", params: { sids: [9] } }, 7],
  ["a channel that is unknown", { id: 1, cmd: "subscribe", params: { channels: ["book"] } }, 8],
  [
    "books of no market",
    { id: 1, cmd: "subscribe", params: { channels: ["orderbook_delta"] } },
    14,
  ],
  [
    "tickers that are no texts",
    { id: 1, cmd: "subscribe", params: { channels: ["trade"], market_tickers: [1] } },
    11,
  ],
  ["an update without sid", { id: 1, cmd: "update_subscription", params: {} }, 4],
  ["an update of two sids", { id: 1, cmd: "update_subscription", params: { sids: [1, 2] } }, 12],
  ["an update of an unknown sid", { id: 1, cmd: "update_subscription", params: { sid: 9 } }, 7],
  ["an update without action", { id: 1, cmd: "update_subscription", params: { sid: 1 } }, 15],
  [
    "a snapshot of trades",
    { id: 1, cmd: "update_subscription", params: { sid: 1, action: "get_snapshot" } },
    13,
  ],
  [
    "an action that is unknown",
    { id: 1, cmd: "update_subscription", params: { sid: 1, action: "sing" } },
    13,
  ],
  [
    "an addition of nothing",
    { id: 1, cmd: "update_subscription", params: { sid: 1, action: "add_markets" } },
    14,
  ],
  [
    "a shard key without factor",
    { id: 1, cmd: "subscribe", params: { channels: ["trade"], shard_key: 1 } },
    20,
  ],
  [
    "a shard key beyond its factor",
    { id: 1, cmd: "subscribe", params: { channels: ["trade"], shard_factor: 2, shard_key: 2 } },
    21,
  ],
  [
    "a shard factor of 0",
    { id: 1, cmd: "subscribe", params: { channels: ["trade"], shard_factor: 0 } },
    19,
  ],
];

Deno.test("kalshi: wrong commands get the venue's error codes and the connection stays", async (t) => {
  const simulator = await start();
  const client = await connect(simulator);
  client.send({ id: 1, cmd: "subscribe", params: { channels: ["trade"], market_tickers: ["X"] } });
  await client.json("subscribed");
  for (const [what, command, code] of REFUSALS) {
    await t.step(what, async () => {
      client.send(command);
      const { msg } = await client.json(`"error"`);
      assert.equal(msg.code, code);
    });
  }
  client.send({ id: 2, cmd: "list_subscriptions" });
  await client.json(`"id":2`);
  await client.close();
  await simulator.close();
});

Deno.test("kalshi: handshakes without a right signature are refused with 401", async (t) => {
  const simulator = await start();
  const key = await demoKey();
  const good = await signedHeaders(key);
  const cases: Record<string, Record<string, string>> = {
    "no headers": {},
    "no signature": { ...good, "KALSHI-ACCESS-SIGNATURE": "" },
    "another text signed": await signedHeaders(key, Date.now(), "GET/trade-api/ws/v1"),
    "ten minutes old": await signedHeaders(key, Date.now() - 600_000),
    "from the future": await signedHeaders(key, Date.now() + 600_000),
    "seconds instead of milliseconds": await signedHeaders(key, Math.floor(Date.now() / 1000)),
    "another time than signed": {
      ...good,
      "KALSHI-ACCESS-TIMESTAMP": String(Date.now() + 1),
    },
  };
  for (const [what, headers] of Object.entries(cases)) {
    await t.step(what, async () => {
      await assert.rejects(TestClient.open(simulator.url, headers), /401/);
      const response = await fetch(simulator.url.replace("ws:", "http:"), { headers });
      await response.body?.cancel();
    });
  }
  assert.equal(simulator.stats().refused, Object.keys(cases).length);
  const client = await TestClient.open(simulator.url, good);
  await client.close();
  await simulator.close();
});

Deno.test("kalshi: an Ed25519 key gets in as the connector signs with it, another does not", async () => {
  const { keyId, privateKeyPem, publicKeyPem } = await demoKey("Ed25519");
  const source = { type: "model", seed: 7, ratePerSecond: 10, speed: 1 } as const;
  const simulator = await startSimulator({ venue: "kalshi", source, publicKeyPem });
  const credentials = { key_id: keyId, private_key: privateKeyPem };
  const { url, headers = {} } = await kalshi.handshake(simulator.url, credentials, Date.now());
  const client = await TestClient.open(url, headers);
  await client.close();
  const other = await signedHeaders(await demoKey("RSA"));
  await assert.rejects(TestClient.open(simulator.url, other), /401/);
  await simulator.close();
});

Deno.test("kalshi: Deno's own WebSocket gets in with signed headers", async () => {
  const simulator = await start();
  const socket = new WebSocket(simulator.url, { headers: await signedHeaders(await demoKey()) });
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send(JSON.stringify({ id: 1, cmd: "list_subscriptions" }));
  const { data } = await new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
  assert.equal(data, `{"id":1,"type":"ok","msg":[]}`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  await simulator.close();
});

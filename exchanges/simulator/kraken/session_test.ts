import assert from "node:assert/strict";
import { OrderBook, stepsOfText } from "@ssmd/market";
import { startSimulator } from "../mod.ts";
import { bookChecksum } from "./book.ts";
import { ReferenceBook } from "../testing/reference_book.ts";
import { TestClient } from "../testing.ts";

function subscribeBook(depth: number, symbol = ["BTC/USD"]) {
  return { method: "subscribe", params: { channel: "book", symbol, depth }, req_id: depth };
}

for (const depth of [10, 25]) {
  for (const eachLevel of [false, true]) {
    const how = eachLevel ? "after each level" : "after each message";
    Deno.test(`kraken: a client of depth ${depth} that truncates ${how} agrees with every checksum`, async () => {
      const simulator = await startSimulator({
        venue: "kraken",
        source: { type: "model", seed: 7, speed: "max", events: 6000, ratePerSecond: 500 },
      });
      const client = await TestClient.open(simulator.url);
      client.send(subscribeBook(depth, ["BTC/USD", "DOGE/USD"]));
      await simulator.done;
      const books = new Map([["BTC/USD", new ReferenceBook(depth, eachLevel)], [
        "DOGE/USD",
        new ReferenceBook(depth, eachLevel),
      ]]);
      let checked = 0;
      for (const frame of client.frames) {
        if (!frame.startsWith(`{"channel":"book"`)) continue;
        const { symbol, checksum } = JSON.parse(frame).data[0];
        const book = books.get(symbol) as ReferenceBook;
        book.apply(frame);
        assert.equal(book.checksum(), checksum, frame);
        assert.equal(book.bids.size, depth);
        checked++;
      }
      assert.ok(checked > 600, `${checked} checked`);
      await client.close();
      await simulator.close();
    });
  }
}

Deno.test("kraken: the checksum is the one of the venue's own example", () => {
  const asks = "45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 " +
    "45290.2/0.15890660 45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 " +
    "45297.5/0.09945542 45299.5/0.18772827";
  const bids = "45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 " +
    "45280.3/1.54592586 45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 " +
    "45277.3/1.54602737 45276.6/0.15445238";
  const book = new OrderBook();
  for (const [side, text] of [["asks", asks], ["bids", bids]] as const) {
    for (const level of text.split(" ")) {
      const [price = "", size = ""] = level.split("/");
      book[side].set(stepsOfText(price, 1), stepsOfText(size, 8));
    }
  }
  assert.equal(bookChecksum(book), 3310070434);
});

Deno.test("kraken: replies, snapshots and pongs are formed as the venue's", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: { type: "model", seed: 1 } });
  const client = await TestClient.open(simulator.url);
  const status = await client.next();
  assert.match(status, /^\{"channel":"status","type":"update","data":\[\{"version":"2\.0\.10"/);
  assert.ok(Number(/"connection_id":(\d+)/.exec(status)?.[1]) > Number.MAX_SAFE_INTEGER);
  client.send({ method: "ping", req_id: 42 });
  assert.match(
    await client.next(),
    /^\{"method":"pong","req_id":42,"time_in":"[^"]+Z","time_out":"[^"]+Z"\}$/,
  );
  client.send(subscribeBook(10, ["BTC/USD", "ETH/USD"]));
  for (const symbol of ["BTC/USD", "ETH/USD"]) {
    const reply = await client.next();
    assert.ok(
      reply.startsWith(
        `{"method":"subscribe","req_id":10,"result":{"channel":"book","depth":10,` +
          `"snapshot":true,"symbol":"${symbol}"},"success":true,"time_in":"`,
      ),
      reply,
    );
    const snapshot = await client.json();
    assert.equal(snapshot.data[0].symbol, symbol);
    assert.equal(snapshot.data[0].bids.length, 10);
  }
  client.send({ method: "subscribe", params: { channel: "instrument" } });
  await client.next((frame) => frame.includes("warnings"));
  const { data } = await client.json(`"pairs"`);
  const [btc] = data.pairs;
  assert.deepEqual(
    [btc.symbol, btc.price_precision, btc.qty_precision, btc.qty_increment, btc.price_increment],
    ["BTC/USD", 1, 8, 1e-8, 0.1],
  );
  client.send({ method: "subscribe", params: { channel: "ticker", symbol: ["BTC/USD"] } });
  assert.equal((await client.json(`"ticker","type":"snapshot"`)).data[0].symbol, "BTC/USD");
  client.send({
    method: "unsubscribe",
    params: { channel: "book", symbol: ["BTC/USD"], depth: 10 },
  });
  const reply = await client.json(`"unsubscribe"`);
  assert.deepEqual(reply.result, { channel: "book", depth: 10, symbol: "BTC/USD" });
  const after = client.frames.length;
  await client.next((frame) => frame.includes("heartbeat"));
  assert.ok(
    !client.frames.slice(after).some((frame) =>
      frame.startsWith(`{"channel":"book"`) &&
      frame.includes("BTC/USD")
    ),
  );
  await client.close();
  await simulator.close();
});

const book = { channel: "book", symbol: ["BTC/USD"] };
const REFUSALS: [string, unknown, string][] = [
  ["text that is no JSON", "{", "Malformed request"],
  ["a number", 5, "Malformed request"],
  ["no method", {}, "Method field missing"],
  ["an unknown method", { method: "dance" }, "Unsupported method"],
  ["no params", { method: "subscribe" }, "Params field missing"],
  ["no channel", { method: "subscribe", params: {} }, "Channel field missing"],
  ["an unknown channel", { method: "subscribe", params: { channel: "x" } }, "Unsupported channel"],
  [
    "a symbol that is no array",
    { method: "subscribe", params: { channel: "book", symbol: "BTC/USD" } },
    "Symbol field must be an array",
  ],
  [
    "a pair that does not exist",
    { method: "subscribe", params: { channel: "trade", symbol: ["XBT/USD"] } },
    "Currency pair not supported XBT/USD",
  ],
  [
    "a depth that is not offered",
    { method: "subscribe", params: { ...book, depth: 20 } },
    "Subscription depth not supported",
  ],
  [
    "a subscription that is there",
    { method: "subscribe", params: { ...book, depth: 25 } },
    "Already subscribed",
  ],
  [
    "an unsubscription without its depth",
    { method: "unsubscribe", params: book },
    "Subscription Not Found",
  ],
];

Deno.test("kraken: wrong requests get the venue's words and the connection stays", async (t) => {
  const simulator = await startSimulator({ venue: "kraken", source: { type: "model", seed: 1 } });
  const client = await TestClient.open(simulator.url);
  client.send(subscribeBook(25));
  await client.json(`"success":true`);
  for (const [what, request, error] of REFUSALS) {
    await t.step(what, async () => {
      client.send(request);
      const reply = await client.json(`"success":false`);
      assert.equal(reply.error, error);
      assert.ok(reply.time_in <= reply.time_out);
    });
  }
  client.send({ method: "ping" });
  await client.json("pong");
  await client.close();
  await simulator.close();
});

Deno.test("kraken: a book of 1000 levels is whole", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: { type: "model", seed: 3 } });
  const client = await TestClient.open(simulator.url);
  client.send(subscribeBook(1000, ["BTC/USD", "SOL/USD"]));
  for (let i = 0; i < 2; i++) {
    const [{ bids, asks }] = (await client.json(`"snapshot","data"`)).data;
    assert.deepEqual([bids.length, asks.length], [1000, 1000]);
  }
  await client.close();
  await simulator.close();
});

Deno.test("the same seed and start give the same bytes, another seed others", async () => {
  // One request: the model may begin before a second one is read.
  const run = async (seed: number, channel: string) => {
    const simulator = await startSimulator({
      venue: "kraken",
      source: { type: "model", seed, speed: "max", events: 3000, startUs: 1_800_000_000_000_000 },
    });
    const client = await TestClient.open(simulator.url);
    client.send({ method: "subscribe", params: { channel, symbol: ["BTC/USD", "ETH/USD"] } });
    await simulator.done;
    await client.close();
    await simulator.close();
    return client.frames.filter((frame) => !frame.includes("heartbeat")).join("\n");
  };
  for (const channel of ["book", "trade", "ticker"]) {
    const first = await run(9, channel);
    assert.ok(first.length > 10_000, `${first.length} bytes`);
    assert.equal(await run(9, channel), first);
    assert.notEqual(await run(10, channel), first);
  }
});

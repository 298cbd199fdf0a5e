import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket as NodeWebSocket } from "ws";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";
import type { Message } from "../testing/stream_client.ts";

const RECORDS = 80_000;

/** A client that shakes hands, subscribes, and reads only when it is told to. */
async function stuckClient(url: string, query: string) {
  const messages: Message[] = [];
  const ws = new NodeWebSocket(`${url.replace("http", "ws")}/v1/stream${query}`);
  ws.on("message", (data: unknown) => void messages.push(JSON.parse(String(data))));
  await once(ws, "open");
  await until(() => messages.some((m) => m.type === "subscribed"));
  ws.pause();
  return { ws, messages };
}

/** Publishes many records, each 500 followed by `pace` so that who reads can keep up. */
async function flood(record: (i: number) => void, pace: (sent: number) => Promise<unknown>) {
  for (let i = 1; i <= RECORDS; i++) {
    record(i);
    if (i % 500 === 0) await pace(i);
  }
}

Deno.test("a client that stops reading loses its own messages only, and is told how many", () =>
  withGateway(async ({ connector, client, gateway, get }) => {
    const stuck = await stuckClient(gateway.url, "?symbols=BTCUSD&types=trade");
    const healthy = await client("?symbols=BTCUSD&types=trade");
    await healthy.next("subscribed");
    await flood(
      (i) => connector.trade("BTCUSD", i),
      (sent) => healthy.when(() => healthy.count("trade") === sent),
    );
    assert.equal(healthy.of("dropped").length, 0);
    assert.equal(gateway.stats().slowClients, 1);
    assert.ok(gateway.stats().messagesDropped > 0);
    await get("/metrics");

    stuck.ws.resume();
    await until(() => stuck.messages.some((m) => m.type === "dropped"));
    const dropped = stuck.messages.filter((m) => m.type === "dropped");
    const lost = dropped.reduce((sum, m) => sum + Number(m["count"]), 0);
    const got = stuck.messages.filter((m) => m.type === "trade").length;
    assert.equal(got + lost, RECORDS);
    assert.equal(typeof dropped[0]?.["since"], "number");
    assert.equal(gateway.stats().slowClients, 0);
    connector.trade("BTCUSD", -1);
    await until(() => stuck.messages.at(-1)?.["price"] === -1);
    stuck.ws.close();
    await once(stuck.ws, "close");
  }));

Deno.test("after dropped changes a client's book starts anew with a snapshot", () =>
  withGateway(async ({ connector, gateway }) => {
    connector.snapshot("BTCUSD");
    const stuck = await stuckClient(gateway.url, "?symbols=BTCUSD&types=orderbook");
    await flood(
      (i) => {
        const ask = { price: 1000 + i % 300, size: i };
        connector.delta("BTCUSD", [{ price: i % 700, size: i }], [ask]);
      },
      () => new Promise((resolve) => setImmediate(resolve)),
    );
    stuck.ws.resume();
    await until(() => stuck.messages.some((m) => m.type === "dropped"));
    const last = { price: 5000.5, size: 1 };
    connector.delta("BTCUSD", [], [last]);
    await until(() => JSON.stringify(stuck.messages.at(-1)?.["asks"]) === "[[5000.5,1]]");
    checkBook(stuck.messages, connector);
    const books = stuck.messages.filter((m) => m.type === "orderbook").length;
    const lost = stuck.messages.filter((m) => m.type === "dropped")
      .reduce((sum, m) => sum + Number(m["count"]), 0);
    const snapshots = stuck.messages.filter((m) => m["kind"] === "snapshot").length;
    assert.equal(books - snapshots + lost, RECORDS + 1);
    stuck.ws.close();
    await once(stuck.ws, "close");
  }));

/** Replays what came: between two snapshots no sequence may be missing. */
function checkBook(messages: readonly Message[], connector: GatewayRig["connector"]) {
  const asks = new Map<number, number>();
  let sequence = 0;
  let holes = 0;
  for (const message of messages) {
    if (message.type !== "orderbook") continue;
    if (message["kind"] === "snapshot") asks.clear();
    else if (message["seq"] !== sequence + 1) holes++;
    sequence = Number(message["seq"]);
    for (const [price, size] of message["asks"] as [number, number][]) {
      if (size === 0) asks.delete(price);
      else asks.set(price, size);
    }
  }
  const truth = connector.books.get("BTCUSD")?.asks;
  const prices = [...asks.keys()].sort((a, b) => a - b);
  assert.deepEqual(prices, truth?.prices);
  assert.deepEqual(prices.map((price) => asks.get(price)), truth?.sizes);
  assert.equal(holes, 0);
}

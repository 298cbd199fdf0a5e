import assert from "node:assert/strict";
import { withGateway } from "../testing/gateway_rig.ts";

const TRADES = { action: "subscribe", symbols: ["BTCUSD"], types: ["trade"] };

Deno.test("a client is welcomed with the protocol's version and what is served", () =>
  withGateway(async ({ client }) => {
    const welcome = await (await client()).next("welcome");
    assert.equal(welcome["protocol"], 1);
    assert.equal(welcome["env"], "test");
    assert.deepEqual(welcome["feeds"], ["kraken"]);
  }));

Deno.test("a trade reaches its subscribers as the protocol writes it, and nobody else", () =>
  withGateway(async ({ client, connector }) => {
    const [one, other] = [await client(), await client()];
    one.send({ ...TRADES, id: 7 });
    const subscribed = await one.next("subscribed");
    assert.equal(subscribed["id"], 7);
    assert.deepEqual(subscribed["types"], ["trade"]);
    connector.publish({
      type: "trade",
      symbol: "BTCUSD",
      price: 0.45,
      size: 10,
      side: "sell",
      tradeId: 'a"b',
    });
    const trade = await one.next("trade");
    const { ts, recv_ts, pos, ...rest } = trade;
    assert.ok(Number(pos) > Number(subscribed["pos"]));
    assert.deepEqual(rest, {
      type: "trade",
      symbol: "BTCUSD",
      feed: "kraken",
      price: 0.45,
      size: 10,
      side: "sell",
      seq: 1,
      id: 'a"b',
    });
    assert.ok(Math.abs(Number(ts) - Date.now()) < 60_000);
    assert.equal(ts, recv_ts);
    await other.settle();
    assert.equal(other.of("trade").length, 0);
  }));

Deno.test("the address can subscribe, with types and a trailing *", () =>
  withGateway(async ({ client, connector }) => {
    const one = await client("?symbols=KX*,ETHUSD&types=trade");
    await one.next("subscribed");
    connector.trade("KXBTC-26.5", 0.5);
    connector.trade("BTCUSD", 1);
    connector.trade("ETHUSD", 2);
    connector.trade("KXNEW.1", 0.7);
    await one.when(() => one.of("trade").length === 3);
    const symbols = one.of("trade").map((m) => m["symbol"]);
    assert.deepEqual(symbols, ["KXBTC-26.5", "ETHUSD", "KXNEW.1"]);
  }));

Deno.test("unsubscribe ends what it names and keeps the rest", () =>
  withGateway(async ({ client, connector, gateway }) => {
    const one = await client();
    one.send({ action: "subscribe", symbols: ["*"], types: ["trade", "status"] });
    one.send({ action: "unsubscribe", symbols: ["BTCUSD"] });
    await one.next("unsubscribed");
    connector.trade("BTCUSD", 1);
    connector.trade("ETHUSD", 1);
    await one.next("trade");
    assert.equal(one.of("trade")[0]?.["symbol"], "ETHUSD");
    one.send({ action: "unsubscribe", symbols: ["*"] });
    await one.settle();
    connector.trade("ETHUSD", 2);
    connector.gap("disconnect", false);
    await one.settle();
    assert.equal(one.of("trade").length, 1);
    assert.equal(one.of("gap").length, 0);
    assert.equal(gateway.stats().subscriptions, 0);
  }));

Deno.test("a book subscription starts with a snapshot and goes on with what comes after it", () =>
  withGateway(async ({ client, connector }) => {
    connector.snapshot("BTCUSD");
    connector.delta("BTCUSD", [{ price: 0.44, size: 100 }], [{ price: 0.46, size: 150 }]);
    const one = await client("?symbols=BTCUSD&types=orderbook");
    const snapshot = await one.next("orderbook");
    assert.equal(snapshot["kind"], "snapshot");
    assert.deepEqual(snapshot["bids"], [[0.44, 100]]);
    assert.deepEqual(snapshot["asks"], [[0.46, 150]]);
    assert.equal(snapshot["seq"], 2);
    connector.delta("BTCUSD", [{ price: 0.44, size: 0 }], []);
    const delta = await one.next("orderbook", (m) => m["kind"] === "delta");
    assert.deepEqual([delta["bids"], delta["seq"]], [[[0.44, 0]], 3]);
  }));

Deno.test("a book that is not known is told as pending, and its snapshot comes when it is", () =>
  withGateway(async ({ client, connector }) => {
    const one = await client("?symbols=BTCUSD&types=orderbook");
    assert.deepEqual((await one.next("subscribed"))["pending"], ["BTCUSD"]);
    connector.delta("BTCUSD", [{ price: 1, size: 1 }], []);
    const first = await one.next("orderbook");
    assert.deepEqual([first["kind"], first["bids"]], ["snapshot", [[1, 1]]]);
    assert.deepEqual(one.violations, []);
  }));

Deno.test("a gap reaches the clients in order, and the book starts anew after it", () =>
  withGateway(async ({ client, connector }) => {
    connector.snapshot("BTCUSD");
    const one = await client("?symbols=BTCUSD&types=orderbook");
    await one.next("orderbook");
    connector.gap("disconnect", false);
    connector.delta("BTCUSD", [{ price: 2, size: 1 }], []);
    connector.gap("disconnect", true);
    connector.snapshot("BTCUSD");
    await one.when(() => one.of("orderbook").length === 2);
    const kinds = one.messages.slice(2).map((m) => [m.type, m["kind"] ?? m["recovered"]]);
    assert.deepEqual(kinds, [
      ["orderbook", "snapshot"],
      ["gap", false],
      ["gap", true],
      ["orderbook", "snapshot"],
    ]);
    const late = await client();
    connector.gap("sequence", false, "BTCUSD");
    late.send({ action: "subscribe", symbols: ["BTCUSD"], types: ["orderbook"] });
    assert.equal((await late.next("gap"))["recovered"], false);
  }));

Deno.test("records that the bus lost are told as a gap, and books are asked for again", () =>
  withGateway(async ({ client, connector }) => {
    connector.snapshot("BTCUSD");
    const one = await client("?symbols=BTCUSD&types=orderbook");
    await one.next("orderbook");
    for (let i = 1; i <= 100; i++) connector.delta("BTCUSD", [{ price: i, size: 1 }], []);
    connector.loseDelta("BTCUSD", [{ price: 500, size: 1 }], []);
    connector.delta("BTCUSD", [{ price: 501, size: 1 }], []);
    const gap = await one.next("gap");
    assert.deepEqual([gap["reason"], gap["missed"]], ["slow", 1]);
    await one.when(() => one.books.get("BTCUSD")?.bids.sizeAt(500) === 1);
    assert.deepEqual(
      one.books.get("BTCUSD")?.bids.prices,
      connector.books.get("BTCUSD")?.bids.prices,
    );
    assert.deepEqual(one.violations, []);
  }));

Deno.test("snapshot on demand gives the newest state of what is asked", () =>
  withGateway(async ({ client, connector }) => {
    connector.snapshot("BTCUSD");
    connector.trade("BTCUSD", 5);
    connector.publish({
      type: "status",
      symbol: "BTCUSD",
      state: "open",
      result: "",
      detail: "online",
    });
    const one = await client();
    one.send({ action: "snapshot", symbols: ["BTCUSD"], id: "s" });
    await one.settle();
    const types = one.messages.slice(1, -1).map((m) => m.type);
    assert.deepEqual(types, ["snapshot", "trade", "orderbook", "status"]);
    connector.trade("BTCUSD", 6);
    await one.settle();
    assert.equal(one.of("trade").length, 1);
  }));

for (const mode of ["conflated", "latest"]) {
  Deno.test(`${mode} sends the newest state, marked, and ends where truth is`, () =>
    withGateway(async ({ client, connector }) => {
      connector.snapshot("BTCUSD");
      const one = await client(
        `?symbols=BTCUSD&types=trade,orderbook&mode=${mode}&interval_ms=20`.replace(
          mode === "latest" ? "&interval_ms=20" : "\0",
          "",
        ),
      );
      for (let i = 1; i <= 500; i++) {
        connector.trade("BTCUSD", i);
        connector.delta("BTCUSD", [{ price: i, size: 1 }], []);
      }
      const trade = await one.next("trade", (m) => m["price"] === 500);
      assert.equal(trade["conflated"], true);
      assert.equal(trade["count"], 500);
      const book = await one.next("orderbook", (m) => (m["bids"] as unknown[]).length === 500);
      assert.deepEqual([book["kind"], book["conflated"]], ["snapshot", true]);
      assert.ok(one.of("trade").length < 20);
    }));
}

Deno.test("status is passed on whole even when all else is conflated", () =>
  withGateway(async ({ client, connector }) => {
    const one = await client("?symbols=BTCUSD&mode=conflated");
    await one.next("subscribed");
    for (const state of ["halted", "open"] as const) {
      connector.publish({ type: "status", symbol: "BTCUSD", state, result: "", detail: "" });
    }
    await one.when(() => one.of("status").length === 2);
    assert.deepEqual(one.of("status").map((m) => m["state"]), ["halted", "open"]);
  }));

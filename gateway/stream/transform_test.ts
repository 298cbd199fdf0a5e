import assert from "node:assert/strict";
import { withTransforms } from "../testing/transforms_service.ts";

const CSV = `return function(record)
  if record.type ~= "trade" then return nil end
  return record.symbol .. "," .. record.price .. "," .. record.size
end`;
const OWN = `export default (record: { symbol: string; price: number }) => {
  if (record.price === 13) throw new RangeError("not this one");
  return { instrument: record.symbol, px: record.price.toFixed(2) };
};`;
const LOOPS =
  "export default (record: { price: number }) => { while (record.price > 100); return 'x'; };";
const SOURCES = { "desk_csv.lua": CSV, "own_json.ts": OWN, "loops.ts": LOOPS };

Deno.test("records of a stream come as its transform makes them, gaps and answers in their places", () =>
  withTransforms(SOURCES, async ({ client, connector }) => {
    const csv = await client("?symbols=BTCUSD&types=trade&transform=desk_csv");
    const own = await client();
    own.send({ action: "subscribe", symbols: ["*"], types: ["trade"], transform: "own_json" });
    assert.equal((await own.next("subscribed"))["transform"], "own_json");
    await csv.next("subscribed");
    for (let i = 0; i < 30; i++) connector.trade("BTCUSD", i + 0.5);
    connector.publish({
      ...{ type: "gap", symbol: "BTCUSD", reason: "sequence", fromUs: 1, toUs: 2, missed: 1 },
      ...{ recovered: true, detail: "", channel: "all" },
    });
    connector.trade("BTCUSD", 30.5);
    for (const each of [csv, own]) await each.when(() => each.count("transformed") === 31);
    assert.equal(csv.of("transformed")[7]?.["text"], "BTCUSD,7.5,1");
    assert.deepEqual(own.of("transformed")[7]?.["json"], { instrument: "BTCUSD", px: "7.50" });
    const places = csv.of("transformed").map(({ pos }) => Number(pos));
    assert.deepEqual(places, places.toSorted((a, b) => a - b));
    // The gap stands before the record that came behind it.
    const order = csv.messages.map(({ type }) => type).filter((type) => type !== "pong");
    assert.deepEqual(order.slice(-2), ["gap", "transformed"]);
    assert.deepEqual(csv.of("trade"), []);
    await csv.settle();
  }));

Deno.test("a stream with a transform goes on where it was, by the pos of its last message", () =>
  withTransforms(SOURCES, async ({ client, connector }) => {
    const before = await client("?symbols=BTCUSD&types=trade&transform=desk_csv");
    await before.next("subscribed");
    for (let i = 0; i < 20; i++) connector.trade("BTCUSD", i + 0.5);
    await before.when(() => before.count("transformed") === 20);
    const all = before.of("transformed");
    const since = Number(all[7]?.["pos"]);
    await before.close();
    const after = await client();
    after.send({
      ...{ action: "subscribe", symbols: ["BTCUSD"], types: ["trade"], transform: "desk_csv" },
      since,
    });
    assert.equal((await after.next("resumed"))["recovered"], true);
    // What is told of the past stands behind the records that it is about.
    assert.deepEqual(after.of("transformed"), all.slice(8));
    connector.trade("BTCUSD", 99);
    await after.next("transformed", ({ text }) => text === "BTCUSD,99,1");
  }));

Deno.test("a record that a transform throws on is an error in its place, and the next one is not", () =>
  withTransforms(SOURCES, async ({ client, connector }) => {
    const own = await client("?symbols=BTCUSD&types=trade&transform=own_json");
    await own.next("subscribed");
    for (const price of [12, 13, 14]) connector.trade("BTCUSD", price);
    await own.when(() => own.count("transformed") === 3);
    const outputs = own.of("transformed").map(({ json, error }) => json ?? error);
    assert.deepEqual(outputs, [
      { instrument: "BTCUSD", px: "12.00" },
      "RangeError: not this one",
      { instrument: "BTCUSD", px: "14.00" },
    ]);
  }));

Deno.test("a transform that is not there is refused with the nearest name, a second one, too", () =>
  withTransforms(SOURCES, async ({ client, get }) => {
    const stream = await client("?symbols=BTCUSD&transform=desk_csw");
    const { code, hint } = await stream.next("error");
    assert.deepEqual([code, hint], ["transform_refused", 'Did you mean "desk_csv"?']);
    stream.send({ action: "subscribe", symbols: ["BTCUSD"], transform: "desk_csv" });
    await stream.next("subscribed");
    stream.send({ action: "subscribe", symbols: ["*"], transform: "own_json", id: 2 });
    assert.match(
      String((await stream.next("error", ({ id }) => id === 2))["message"]),
      /one transform/,
    );
    const page = await get("/v1/markets/BTCUSD/trades?transform=desk_csw");
    assert.deepEqual([page.status, page.body["code"]], [404, "TRANSFORM_UNKNOWN"]);
    const { body } = await get("/v1/transforms");
    const names = (body["transforms"] as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ["desk_csv", "loops", "own_json"]);
  }));

Deno.test("a page of trades comes as a transform makes it", () =>
  withTransforms(SOURCES, async ({ client, connector, get }) => {
    const stream = await client("?symbols=BTCUSD&types=trade");
    for (const price of [12, 13, 14]) connector.trade("BTCUSD", price);
    await stream.when(() => stream.count("trade") === 3);
    const path = "/v1/markets/BTCUSD/trades?order=asc";
    const { body: plain } = await get(path);
    const { body } = await get(`${path}&transform=own_json`);
    const trades = plain["trades"] as { seq: number; price: number }[];
    assert.ok(trades.length > 1);
    const wanted = trades.map(({ seq, price }) =>
      price === 13
        ? { seq, error: "RangeError: not this one" }
        : { seq, json: { instrument: "BTCUSD", px: price.toFixed(2) } }
    );
    assert.deepEqual(body["transformed"], wanted);
    assert.deepEqual(body["trades"], []);
  }));

Deno.test("a transform that loops ends its own stream, which is told, and no other", () =>
  withTransforms(SOURCES, async ({ client, connector, get }) => {
    const [bad, good, plain] = [
      await client("?symbols=BTCUSD&types=trade&transform=loops"),
      await client("?symbols=BTCUSD&types=trade&transform=desk_csv"),
      await client("?symbols=BTCUSD&types=trade"),
    ];
    for (const each of [bad, good, plain]) await each.next("subscribed");
    let sent = 0;
    const trade = () => connector.trade("BTCUSD", 101 + sent++);
    // Each end costs the records of its batch; after three the connection ends.
    for (let i = 1; i <= 3; i++) {
      trade();
      await bad.when(() => bad.count("transformed") === i);
    }
    trade();
    const ended = await bad.next("error");
    assert.equal(ended["code"], "transform_ended");
    assert.equal((await bad.closed).code, 4003);
    for (const each of bad.of("transformed")) {
      assert.match(String(each["error"]), /the transform failed/);
    }
    await good.when(() => good.count("transformed") === sent);
    await plain.when(() => plain.count("trade") === sent);
    // For this caller it rests.
    const again = await client("?symbols=BTCUSD&transform=loops");
    assert.match(String((await again.next("error"))["message"]), /blocked/);
    assert.deepEqual([...good.of("dropped"), ...plain.of("dropped")], []);
    const metrics = await get("/metrics");
    assert.equal(metrics.status, 200);
  }));

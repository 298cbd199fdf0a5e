import assert from "node:assert/strict";
import fc from "fast-check";
import { until, withGateway } from "../testing/gateway_rig.ts";

const BAD: [message: unknown, code: string, hint: RegExp][] = [
  ["not json", "invalid_json", /action/],
  ["[1,2]", "invalid_request", /action/],
  ["null", "invalid_request", /action/],
  [{}, "invalid_request", /subscribe/],
  [{ action: 5 }, "invalid_request", /action/],
  [{ action: "subcribe" }, "unknown_action", /Did you mean "subscribe"/],
  [{ action: "subscribe" }, "invalid_request", /list of names/],
  [{ action: "subscribe", symbols: [] }, "invalid_request", /list of names/],
  [{ action: "subscribe", symbols: [7] }, "invalid_request", /list of names/],
  [{ action: "subscribe", symbols: "BTCUSD" }, "invalid_request", /list of names/],
  [{ action: "subscribe", symbols: ["B*D"] }, "invalid_request", /list of names/],
  [{ action: "subscribe", symbols: ["x".repeat(300)] }, "invalid_request", /256/],
  [{ action: "subscribe", symbols: Array(1001).fill("A") }, "invalid_request", /1000/],
  [{ action: "subscribe", symbol: ["BTCUSD"] }, "invalid_request", /Did you mean "symbols"/],
  [{ action: "subscribe", symbols: ["BTCUSDD"] }, "unknown_symbol", /Did you mean "BTCUSD"/],
  [{ action: "subscribe", symbols: ["_all"] }, "unknown_symbol", /./],
  [
    { action: "subscribe", symbols: ["BTCUSD"], types: ["trades"] },
    "unknown_type",
    /Did you mean "trade"/,
  ],
  [
    { action: "subscribe", symbols: ["BTCUSD"], mode: "realtim" },
    "unknown_mode",
    /Did you mean "realtime"/,
  ],
  [{ action: "subscribe", symbols: ["BTCUSD"], interval_ms: 0 }, "invalid_request", /10 to 60000/],
  [{ action: "subscribe", symbols: ["BTCUSD"], since: "noon" }, "invalid_request", /2026/],
  [{ action: "subscribe", symbols: ["BTCUSD"], since: 1.5 }, "invalid_request", /pos/],
  [
    { action: "subscribe", symbols: ["BTCUSD"], since: "2026-02-30T00:00:00Z" },
    "invalid_request",
    /time/,
  ],
  [
    { action: "subscribe", symbols: ["BTCUSD"], since: "2999-01-01T00:00:00Z" },
    "invalid_request",
    /past/,
  ],
  [
    { action: "subscribe", symbols: ["BTCUSD"], since: 5, mode: "latest" },
    "invalid_request",
    /newest/,
  ],
  [
    { action: "subscribe", symbols: ["BTCUSD"], policy: "drop_old" },
    "unknown_policy",
    /drop_oldest/,
  ],
  [
    { action: "subscribe", symbols: ["BTCUSD"], policy: "block" },
    "unknown_policy",
    /drop_newest/,
  ],
  [{ action: "ping", id: { a: 1 } }, "invalid_request", /sent back/],
  [new Uint8Array([1, 2, 3]), "binary_not_supported", /JSON/],
];

Deno.test("each wrong request is refused with a code and a hint, and the connection goes on", () =>
  withGateway(async ({ client }) => {
    const one = await client();
    for (const [message, code, hint] of BAD) {
      const before = one.of("error").length;
      one.send(message);
      await one.when(() => one.of("error").length > before);
      const error = one.of("error").at(-1);
      assert.deepEqual([message, error?.["code"]], [message, code]);
      assert.match(String(error?.["hint"]), hint);
      assert.ok(String(error?.["message"]).length > 0);
    }
    one.send({ action: "subscribe", symbols: ["BTCUSD"], types: ["trades"], id: "x1" });
    await one.next("error", (m) => m["id"] === "x1");
    await one.settle();
  }));

Deno.test("a wrong address is told over the open stream", () =>
  withGateway(async ({ client, gateway }) => {
    assert.equal((await (await client("?symbols=")).next("error"))["code"], "invalid_request");
    assert.match(String((await (await client("?types=trade")).next("error"))["hint"]), /symbols/);
    const misspelt = await (await client("?symbol=BTCUSD")).next("error");
    assert.match(String(misspelt["hint"]), /symbols/);
    const twice = await (await client("?symbols=BTCUSD&symbols=ETHUSD")).next("error");
    assert.match(String(twice["message"]), /symbols is given more than once/);
    const compress = await (await client("?compress=yes")).next("error");
    assert.match(String(compress["hint"]), /deflate/);
    const ws = new WebSocket(`${gateway.url.replace("http", "ws")}/v2/stream`);
    await new Promise((resolve) => ws.addEventListener("error", resolve));
    const plain = await fetch(`${gateway.url}/v1/stream`);
    assert.equal(plain.status, 404);
    assert.match((await plain.json()).hint, /WebSocket at \/v1\/stream/);
  }));

Deno.test("a frame above the limit ends the connection with 1009, and only that one", () =>
  withGateway(async ({ client }) => {
    const [one, other] = [await client(), await client()];
    one.send("x".repeat(70_000));
    assert.equal((await one.closed).code, 1009);
    await other.settle();
  }));

Deno.test("a flood of requests ends the connection with 1008", () =>
  withGateway(async ({ client }) => {
    const one = await client();
    // Four times what may come at once: while a slow machine reads them, more become allowed.
    for (let i = 0; i < 800; i++) one.send({ action: "ping" });
    assert.equal((await one.closed).code, 1008);
    assert.equal(one.of("error").at(0)?.["code"], "too_many_requests");
  }));

Deno.test("whatever JSON comes, the answer is an error or an acknowledgement", () =>
  withGateway(async ({ client, gateway }) => {
    const symbol = fc.oneof(fc.constantFrom("BTCUSD", "KX*", "*", "_all", ""), fc.string());
    const odd = fc.jsonValue({ maxDepth: 4 });
    const request = fc.record({
      action: fc.oneof(fc.constantFrom("subscribe", "unsubscribe", "snapshot", "ping"), odd),
      symbols: fc.oneof(fc.array(symbol, { maxLength: 5 }), odd),
      types: fc.oneof(fc.array(fc.constantFrom("trade", "orderbook", "x"), { maxLength: 3 }), odd),
      mode: fc.oneof(fc.constantFrom("realtime", "conflated", "latest"), odd),
      interval_ms: odd,
      id: fc.oneof(fc.string(), fc.integer(), odd),
    }, { requiredKeys: [] });
    const samples = [
      ...fc.sample(fc.oneof(request, odd), { numRuns: 1500, seed: 7 }).map((v) =>
        JSON.stringify(v)
      ),
      ...fc.sample(fc.string({ maxLength: 200 }), { numRuns: 300, seed: 8 }),
      "[".repeat(60_000),
    ];
    for (let at = 0; at < samples.length; at += 150) {
      const one = await client();
      const batch = samples.slice(at, at + 150);
      for (const text of batch) one.send(text);
      await one.settle();
      const answers = one.messages.filter((m) =>
        ["error", "subscribed", "unsubscribed", "snapshot", "pong"].includes(m.type)
      );
      assert.ok(answers.length > batch.length, "every request is answered");
      await one.close();
    }
    await until(() => gateway.stats().clients === 0);
    assert.equal(gateway.stats().subscriptions, 0);
  }));

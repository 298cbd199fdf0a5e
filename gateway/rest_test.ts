import assert from "node:assert/strict";
import { Metrics, silentLogger, SsmdError } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { startGateway } from "./gateway.ts";
import { withGateway } from "./testing/gateway_rig.ts";

Deno.test("markets are listed in the environment's order, page by page", () =>
  withGateway(async ({ get, connector }) => {
    connector.trade("KXNEW", 0.3);
    const { status, body } = await get("/v1/markets?limit=3");
    const symbols = (body["markets"] as { symbol: string }[]).map((m) => m.symbol);
    assert.deepEqual([status, symbols], [200, ["BTCUSD", "ETHUSD", "KXBTC-26.5"]]);
    assert.equal(body["total"], 4);
    const rest = await get(`/v1/markets?limit=3&cursor=${body["next"]}`);
    const [last] = rest.body["markets"] as Record<string, unknown>[];
    assert.equal(last?.["last_price"], 0.3);
    assert.equal(rest.body["next"], undefined);
  }));

Deno.test("pages of open markets go on where a market was that has closed meanwhile", () =>
  withGateway(async ({ get, connector }) => {
    const names = ["BTCUSD", "ETHUSD", "KXBTC-26.5", "KXNEW"];
    const setState = (symbol: string, state: "open" | "settled") =>
      connector.publish({ type: "status", symbol, state, result: "", detail: "" });
    for (const order of ["asc", "desc"]) {
      names.forEach((symbol) => setState(symbol, "open"));
      const expected = order === "asc" ? names : names.toReversed();
      const got: string[] = [];
      for (let cursor: unknown = "", pages = 0; cursor !== undefined && pages < 9; pages++) {
        const after = cursor === "" ? "" : `&cursor=${cursor}`;
        const { body } = await get(`/v1/markets?state=open&order=${order}&limit=2${after}`);
        got.push(...(body["markets"] as { symbol: string }[]).map(({ symbol }) => symbol));
        setState(got.at(-1)!, "settled");
        cursor = body["next"];
      }
      assert.deepEqual(got, expected);
    }
  }));

Deno.test("a market tells its book, its quality and where to go on", () =>
  withGateway(async ({ get, connector }) => {
    connector.delta("BTCUSD", [{ price: 99, size: 1 }], [{ price: 101, size: 2 }]);
    connector.snapshot("BTCUSD");
    const { body } = await get("/v1/markets/BTCUSD");
    assert.equal(body["external"], "BTC/USD");
    assert.equal(body["book"], "live");
    const book = body["order_book"] as Record<string, unknown>;
    assert.deepEqual([book["best_bid"], book["best_ask"], book["mid"]], [[99, 1], [101, 2], 100]);
    assert.deepEqual(
      (body["_links"] as Record<string, string>)["trades"],
      "/v1/markets/BTCUSD/trades",
    );
    connector.gap("disconnect", false);
    const suspect = (await get("/v1/markets/BTCUSD")).body;
    assert.equal(suspect["book"], "pending");
    assert.equal((suspect["gap"] as Record<string, unknown>)["reason"], "disconnect");
  }));

Deno.test("symbols with dots and percent signs are found by their encoded names", () =>
  withGateway(async ({ get, connector }) => {
    connector.trade("A%B/C.5", 1);
    assert.equal((await get("/v1/markets/KXBTC-26.5")).status, 200);
    assert.equal((await get("/v1/markets/A%25B%2FC.5")).body["symbol"], "A%B/C.5");
    assert.equal((await get("/v1/markets/A%B")).body["code"], "INVALID_PATH");
  }));

Deno.test("trades come newest first, as many as asked for", () =>
  withGateway(async ({ get, connector }) => {
    for (let i = 1; i <= 1500; i++) connector.trade("BTCUSD", i);
    const { body } = await get("/v1/markets/BTCUSD/trades?limit=2");
    assert.deepEqual((body["trades"] as { price: number }[]).map((t) => t.price), [1500, 1499]);
    const all = await get("/v1/markets/BTCUSD/trades?limit=1000");
    assert.equal((all.body["trades"] as unknown[]).length, 1000);
  }));

Deno.test("the order book is given to the depth asked for", () =>
  withGateway(async ({ get, connector }) => {
    const levels = Array.from({ length: 50 }, (_, i) => ({ price: 100 - i, size: i + 1 }));
    connector.delta("BTCUSD", levels, [{ price: 101, size: 3 }]);
    connector.snapshot("BTCUSD");
    const { body } = await get("/v1/markets/BTCUSD/orderbook?depth=2");
    assert.deepEqual([body["bids"], body["asks"]], [[[100, 1], [99, 2]], [[101, 3]]]);
    assert.equal((await get("/v1/markets/BTCUSD/orderbook")).body["bids"] instanceof Array, true);
  }));

const PROBLEMS: [path: string, status: number, code: string, hint: RegExp][] = [
  ["/v1/markets/BTCUSDT", 404, "UNKNOWN_SYMBOL", /Did you mean "BTCUSD"/],
  ["/v1/markets/zzzzzzzzzzzz", 404, "UNKNOWN_SYMBOL", /\/v1\/markets/],
  ["/v1/market", 404, "UNKNOWN_ROUTE", /Did you mean \/v1\/markets\?/],
  ["/v1/markets?cursor=!!", 400, "INVALID_PARAMETER", /next/],
  ["/v1/markets?cursor=abc", 400, "INVALID_CURSOR", /next/],
  ["/v1/markets?sort=volume24h", 400, "INVALID_PARAMETER", /Did you mean "volume_24h"/],
  ["/v1/markets?limit=1&limit=2", 400, "INVALID_PARAMETER", /once/],
  ["/v1/markets/BTCUSD?feed=krakn", 404, "UNKNOWN_FEED", /kraken/],
  ["/v1/markets/BTCUSD/trades?from=yesterday", 400, "INVALID_PARAMETER", /ISO 8601/],
  ["/v1/markets/BTCUSD/trades?from=2&to=1", 400, "INVALID_PARAMETER", /before/],
  ["/v1/markets/BTCUSD/trades?from=0", 400, "SPAN_TOO_LONG", /366 days/],
  ["/v1/markets/BTCUSD/candles?interval=2m", 400, "INVALID_PARAMETER", /1m/],
  ["/v1/markets/BTCUSD/candles?interval=1s&from=2026-01-01", 400, "SPAN_TOO_LONG", /1500/],
  ["/v1/markets/%00", 404, "UNKNOWN_SYMBOL", /\/v1\/markets/],
  ["/v1/markets?limit=0", 400, "INVALID_PARAMETER", /1 to 5000/],
  ["/v1/markets/BTCUSD/trades?limit=5001", 400, "INVALID_PARAMETER", /1 to 5000/],
  ["/v1/markets/BTCUSD/trades?limit=abc", 400, "INVALID_PARAMETER", /1 to 5000/],
  ["/v1/markets/BTCUSD/orderbook?depth=-1", 400, "INVALID_PARAMETER", /1 to 10000/],
  ["/v1/markets/BTCUSD/orderbook?dept=1", 400, "UNKNOWN_PARAMETER", /Did you mean "depth"/],
  ["/v1/markets?feed=krakn", 404, "UNKNOWN_FEED", /kraken/],
];

Deno.test("what cannot be answered is a problem with status, code and hint", () =>
  withGateway(async ({ get, gateway }) => {
    for (const [path, status, code, hint] of PROBLEMS) {
      const answer = await get(path);
      assert.deepEqual([path, answer.status, answer.body["code"]], [path, status, code]);
      assert.equal(answer.type, "application/problem+json");
      assert.match(String(answer.body["hint"]), hint);
    }
    const posted = await fetch(`${gateway.url}/v1/markets`, { method: "POST", body: "{}" });
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.get("allow"), "GET, HEAD, OPTIONS");
    assert.equal((await posted.json()).code, "METHOD_NOT_ALLOWED");
    const head = await fetch(`${gateway.url}/health`, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  }));

Deno.test("health, readiness, description, feeds and metrics answer", () =>
  withGateway(async ({ get, gateway, client, connector }) => {
    assert.equal((await get("/health")).body["status"], "ok");
    assert.deepEqual((await get("/health/ready")).body, {
      ready: true,
      reasons: [],
      conditions: [],
    });
    assert.equal((await get("/openapi.json")).body["openapi"], "3.1.0");
    assert.equal((await get("/v1/info")).body["env"], "test");
    const one = await client("?symbols=BTCUSD&types=trade");
    await one.next("subscribed");
    connector.trade("BTCUSD", 1);
    await one.next("trade");
    const [feed] = (await get("/v1/feeds")).body["feeds"] as Record<string, unknown>[];
    assert.deepEqual([feed?.["feed"], feed?.["records"]], ["kraken", 1]);
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    assert.match(text, /ssmd_gateway_clients_connected 1/);
    assert.match(text, /ssmd_gateway_messages_sent_total\{type="trade"\} 1/);
    assert.match(text, /ssmd_gateway_subscriptions_active 1/);
    assert.match(text, /ssmd_gateway_slow_consumers 0/);
    assert.match(text, /ssmd_gateway_latency_seconds_count 1/);
  }));

Deno.test("a port in use is told with what to do, and nothing is left running", () =>
  withGateway(async ({ gateway }) => {
    const transport = memoryTransport();
    const again = startGateway({
      env: "test",
      transport,
      host: "127.0.0.1",
      port: gateway.port,
      feeds: [],
      markets: [],
      logger: silentLogger,
      metrics: new Metrics("gateway"),
      version: "0",
    });
    await assert.rejects(again, (error) => {
      assert.ok(error instanceof SsmdError);
      assert.equal(error.code, "PORT_IN_USE");
      assert.match(error.hint, /--port/);
      return true;
    });
    await transport.close();
  }));

Deno.test("metadata tells of no key, no address and no path", () =>
  withGateway(async ({ gateway }) => {
    for (const what of ["feeds", "schemas?text=true", "environments", "inventory", "gaps"]) {
      const response = await fetch(`${gateway.url}/v1/meta/${what}`);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.doesNotMatch(text, /\$key|:\/\/|secret|password|credential|\.\/data|key_id/i, what);
    }
  }));

Deno.test("an environment with shards tells which symbol is whose", () =>
  withGateway(async ({ get }) => {
    const environments = (await get("/v1/meta/environments")).body["environments"] as {
      environment: string;
      shards: unknown;
    }[];
    const shardsOf = (name: string) =>
      environments.find(({ environment }) => environment === name)?.shards;
    assert.deepEqual(shardsOf("cluster"), [
      { shard: "tier1", symbols: ["BTCUSD", "ETHUSD"] },
      { shard: "tier2", symbols: ["SOLUSD", "XRPUSD"] },
    ]);
    assert.deepEqual(shardsOf("demo"), []);
  }));

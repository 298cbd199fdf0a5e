import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { answerAsAgents } from "../testing/agents_service.ts";
import { answerAsJobs } from "../testing/jobs_service.ts";
import { answerAsTransforms } from "../testing/transforms_service.ts";
import { answerAsSignals } from "../testing/signals_service.ts";
import { SIGNAL } from "../rest/schemas/signal_examples.ts";
import { withAuditQueue } from "../testing/audit_queue.ts";
import { withGateway } from "../testing/gateway_rig.ts";
import { Description } from "../testing/description.ts";

Deno.test("the description is valid OpenAPI 3.1, and all its examples fit", () =>
  withGateway(async ({ get }) => {
    const { body } = await get("/openapi.json");
    const result = await new Validator().validate(structuredClone(body));
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(result.valid, true);
    const description = new Description(body);
    let examples = 0;
    for (const { path, method, status, type, example } of description.answers()) {
      if (example === undefined) continue;
      assert.deepEqual(description.problems({ path, method, status, type }, example), []);
      examples++;
    }
    assert.ok(examples > 10, String(examples));
    assert.deepEqual(description.parameterProblems(), []);
  }));

/** Of routes that have no answer without one. */
const NEEDED_QUERIES: Readonly<Record<string, string>> = {
  "/v1/secmaster/lookup": "?feed=kraken&external=BTC/USD",
  "/v1/secmaster/resolve": "?feed=kraken&symbols=BTC/USD,X",
};

/** Answers only where an environment has an enricher: see gateway/stream/enriched_test.ts. */
const ENRICHED = "/v1/markets/{symbol}/enriched";

Deno.test("every route answers as described, errors too", () =>
  withAuditQueue((audit) =>
    withGateway(
      async ({ get, gateway, connector, client, transport }) => {
        await answerAsSignals(transport, [{ ...SIGNAL, id: "1" }]);
        await answerAsAgents(transport);
        await answerAsTransforms(transport);
        await answerAsJobs(transport);
        await client("?symbols=BTCUSD");
        connector.trade("BTCUSD", 100);
        connector.delta("BTCUSD", [{ price: 99, size: 1 }], [{ price: 101, size: 2 }]);
        connector.snapshot("BTCUSD");
        connector.ticker("BTCUSD");
        connector.gap("clock", true, "BTCUSD");
        const report = { kind: "other", text: "which day is open?" };
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify(report);
        await (await fetch(`${gateway.url}/v1/feedback`, { method: "POST", headers, body })).text();
        const description = new Description((await get("/openapi.json")).body);
        const requested: string[] = [];
        for (const { path, method, status } of description.answers()) {
          if (method !== "get" || status !== "200" || path === ENRICHED) continue;
          const address = path.replace(/\{(symbol|instrument)\}/, "BTCUSD").replace(
            /\{(id|position|job)\}/,
            "1",
          ) +
            (NEEDED_QUERIES[path] ?? "");
          const response = await fetch(gateway.url + address);
          const text = await response.text();
          assert.equal(response.status, 200, `${address}: ${text.slice(0, 300)}`);
          const type = response.headers.get("content-type")?.split(";")[0] ?? "";
          const value = type === "application/json" ? JSON.parse(text) : text;
          const context = { path, method, status: String(response.status), type };
          assert.deepEqual(description.problems(context, value), [], address);
          const wrong = await get(`${address}${address.includes("?") ? "&" : "?"}nope=1`);
          assert.equal(wrong.status, 400);
          const problem = { path, method, status: "default", type: wrong.type };
          assert.deepEqual(description.problems(problem, wrong.body), [], address);
          requested.push(address);
        }
        assert.ok(requested.length >= 14, requested.join(" "));
        assert.ok(requested.includes("/v1/markets/BTCUSD/candles"));
        assert.ok(requested.includes("/v1/markets/BTCUSD/book"));
      },
      true,
      { audit },
    )
  ));

Deno.test("the index names every route of the description", () =>
  withGateway(async ({ get }) => {
    const { body } = await get("/v1");
    const { body: openapi } = await get("/openapi.json");
    const named = (body["routes"] as { path: string }[]).map(({ path }) => path);
    // A path may be of several routes.
    assert.deepEqual([...new Set(named)].sort(), Object.keys(openapi["paths"] as object).sort());
    assert.equal((body["_links"] as Record<string, string>)["docs"], "/docs");
  }));

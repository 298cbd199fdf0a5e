import assert from "node:assert/strict";
import { until, withGateway } from "../testing/gateway_rig.ts";

Deno.test("a question is answered with what was understood, the query, results and suggestions", async () => {
  await withGateway(async ({ gateway, connector }) => {
    const ask = async (text: string) => {
      const response = await fetch(`${gateway.url}/v1/query`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text }),
      });
      assert.equal(response.status, 200);
      return await response.json();
    };
    connector.ticker("BTCUSD");
    for (let i = 0; i < 4; i++) connector.trade("BTCUSD", 100 + i, 2);
    await until(() => gateway.stats().recordsReceived >= 5);
    const price = await ask("price of bitcoin");
    assert.equal(price.understood, true);
    assert.equal(price.query.path, "/v1/markets/BTCUSD");
    assert.equal(price.results.price.last.price, 103);
    assert.equal((await ask("how many trades of BTC in the last hour?")).results.trades, 4);
    assert.equal((await ask("high and low of BTC in the last hour")).results.high, 103);
    assert.equal((await ask("last 2 trades of BTC")).results.trades.length, 2);
    assert.ok((await ask("which markets are there")).results.total >= 3);
    assert.ok(Array.isArray((await ask("gaps today")).results.gaps));
    assert.equal((await ask("is everything ok?")).results.ready, true);
    const expiring = await ask("which markets expire today");
    assert.equal(expiring.results.total, 0);
    const strange = await ask("will bitcoin go up?");
    assert.equal(strange.understood, false);
    assert.equal(strange.results, null);
    assert.equal(strange.suggestions.length, 3);
    for (const suggestion of strange.suggestions) {
      assert.equal((await ask(suggestion)).understood, true, suggestion);
    }
  });
});

import assert from "node:assert/strict";
import { runSsmd } from "./_process.ts";
import { ENV, Rig } from "./_rig.ts";

Deno.test("a read-only environment refuses changes with the reason and goes on capturing", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  await rig.allLive();
  const ssmd = (...words: string[]) => runSsmd(words, { cwd: rig.registry });
  const url = await rig.up.url();
  const apply = () => fetch(`${url}/v1/admin/environment/apply?dry_run=true`, { method: "POST" });
  const changes = [
    ["env", "update", ENV, "--set", "gateway.port=8090", "--yes"],
    ["data", "retention", "--env", ENV, "apply", "--yes"],
    ["env", "teardown", ENV, "--yes"],
    ["env", "apply", ENV],
  ];

  const on = await ssmd("env", "read-only", ENV, "--enable", "--reason", "audit of July");
  assert.equal(on.code, 0, on.output);
  for (const words of changes) {
    const { code, output } = await ssmd(...words);
    assert.equal(code, 1, `${words.join(" ")}: ${output}`);
    assert.match(output, /Environment rig is read-only: audit of July/);
    assert.match(output, /ssmd env read-only rig --disable ends it/);
  }
  const refused = await apply();
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, "ENVIRONMENT_READ_ONLY");
  for (const route of ["/v1/tickets", "/v1/tools/list_markets"]) {
    const body = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    const answer = await fetch(`${url}${route}`, body);
    assert.notEqual(answer.status, 403, `${route}: ${await answer.text()}`);
  }
  assert.match((await ssmd("status", "--env", ENV)).output, /read-only: audit of July/);
  assert.match((await ssmd("env", "show", ENV)).output, /audit of July/);
  await rig.records("kraken");
  const events = await ssmd("audit", "list", "--env", ENV, "--output", "json");
  const reasons = [...events.output.matchAll(/"reason": "ENVIRONMENT_READ_ONLY"/g)].length;
  assert.ok(reasons >= 3, events.output);

  assert.equal((await ssmd("env", "read-only", ENV, "--disable")).code, 0);
  assert.equal((await apply()).status, 200);
  assert.equal((await ssmd("schedule", "pause", "--env", ENV, "end-days")).code, 0);
  await rig.finish();
});

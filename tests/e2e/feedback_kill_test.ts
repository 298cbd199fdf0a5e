import assert from "node:assert/strict";
import { createServer } from "node:http";
import { eventually, Folder, RunningUp } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "reporting";
const SYMBOLS = { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD", SOLUSD: "SOL/USD" };

/** Linear, which makes each issue but never answers the first request for one. */
async function slowLinear() {
  const issues = new Map<string, { id: string; url: string }>();
  let created = 0;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => text += part);
    request.on("end", () => {
      const { query, variables } = JSON.parse(text);
      const isCreate = query.includes("issueCreate");
      const id = String(isCreate ? variables.input.id : variables.id);
      if (isCreate) {
        created++;
        issues.set(id, { id, url: `https://linear.app/test/${issues.size + 1}` });
        if (created === 1) return;
      }
      const issue = issues.get(id) ?? null;
      const data = isCreate ? { issueCreate: { success: true, issue } } : { issue };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    issues,
    created: () => created,
    url: `http://127.0.0.1:${port}/graphql`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reports a trade of each market as wrong. */
async function report(url: string): Promise<void> {
  for (const symbol of Object.keys(SYMBOLS)) {
    const record = await eventually(`a trade of ${symbol}`, async () => {
      const response = await fetch(`${url}/v1/markets/${symbol}/trades?limit=1`);
      return (await response.json()).trades?.[0]?.id;
    });
    const response = await fetch(`${url}/v1/feedback`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ kind: "wrong_value", symbol, record, text: "ten times too high" }),
    });
    assert.equal(response.status, 200, await response.text());
  }
}

Deno.test("killed while an issue is handed over, no issue is missing and none is made twice", async () => {
  await using linear = await slowLinear();
  await using folder = new Folder();
  await writeRegistry(folder.path, {
    ...{ name: ENV, simulatedRate: 50, feeds: { kraken: { symbols: SYMBOLS } } },
  });
  const file = `${folder.path}/exchanges/environments/${ENV}.yaml`;
  const environment = JSON.parse(await Deno.readTextFile(file));
  environment.keys = { linear: { type: "api_key", fields: ["token"], source: "env" } };
  environment.gateway = {
    port: 8080,
    issues: {
      ...{ type: "linear", url: linear.url, team_id: "team" },
      credentials: { token: "$key:linear.token" },
    },
  };
  await Deno.writeTextFile(file, JSON.stringify(environment));
  const start = () =>
    new RunningUp(["--env", ENV], {
      ...{ cwd: folder.path, env: { SSMD_KEY_LINEAR_TOKEN: "secret-token" } },
    });
  {
    await using up = start();
    await report(await up.url());
    await eventually("an issue is on its way", () => Promise.resolve(linear.created() === 1));
    await up.stop("SIGKILL");
  }
  await using up = start();
  const url = await up.url();
  await eventually("all are handed over", async () => {
    const { issues } = await (await fetch(`${url}/v1/feedback/stats`)).json();
    return issues.pending === 0;
  });
  assert.equal(linear.issues.size, 3);
  assert.equal(linear.created(), 3);
  const { entries } = await (await fetch(`${url}/v1/feedback?priority=high`)).json();
  assert.deepEqual(
    entries.map(({ issue }: { issue: { key: string } }) => issue.key).sort(),
    [...linear.issues.keys()].sort(),
  );
});

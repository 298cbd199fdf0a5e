import assert from "node:assert/strict";
import { ConnectBudget } from "./connect_budget.ts";

const ALLOWANCE = { burst: 50, refillMs: 6_000 };
const ENDPOINT = "wss://ws.kraken.com/v2";

Deno.test("two processes share one budget of connections: at most 150 in ten minutes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ssmd-connects-" });
  const own = new ConnectBudget(folder, ENDPOINT, ALLOWANCE);
  const other = new ConnectBudget(folder, ENDPOINT, ALLOWANCE);
  const at: number[] = [];
  for (let ms = 0; at.length < 400; ms = Math.max(ms + 1, at.at(-1) as number)) {
    at.push(ms + (at.length % 2 === 0 ? own : other).reserve(ms));
  }
  for (const from of at) {
    const within = at.filter((ms) => ms >= from && ms < from + 600_000).length;
    assert.ok(within <= 150, `${within} connections from ${from} ms on`);
  }
  assert.equal(at.findIndex((ms) => ms > 1_000), 50);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what is no budget, a clock set back and a folder that is away do no harm", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ssmd-connects-" });
  const budget = new ConnectBudget(folder, ENDPOINT, { burst: 1, refillMs: 1_000 });
  assert.deepEqual([budget.reserve(10_000), budget.reserve(10_000)], [0, 1_000]);
  assert.equal(budget.reserve(0), 2_000);
  await Deno.writeTextFile(`${folder}/connects-ws.kraken.com.json`, "rubbish");
  assert.equal(budget.reserve(0), 0);
  await Deno.remove(folder, { recursive: true });
  assert.deepEqual([budget.reserve(0), budget.reserve(0)], [0, 1_000]);
});

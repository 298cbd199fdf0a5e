import assert from "node:assert/strict";
import { createLogger, Health, readinessReport } from "@ssmd/runtime";
import { openServiceCache } from "./open.ts";

Deno.test("a service goes on where each call of its cache fails, and tells it", async () => {
  Deno.env.set("SSMD_CHAOS_FAILURE_RATE", "1");
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  const health = new Health();
  try {
    const options = { env: "test", logger, health };
    await using stack = new AsyncDisposableStack();
    const cache = await openServiceCache({ type: "memory" }, options);
    stack.defer(() => cache.close());
    await cache.set("a", "1");
    assert.equal(await cache.get("a"), undefined);
    assert.match(lines.join("\n"), /the cache is away[\s\S]*cache\.set fails on purpose/);
    assert.match(JSON.stringify(readinessReport(health)), /it fails on purpose/);
  } finally {
    Deno.env.delete("SSMD_CHAOS_FAILURE_RATE");
  }
});

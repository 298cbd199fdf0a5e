import assert from "node:assert/strict";
import type { AskRoute, Json } from "../../http/ask.ts";
import { QUERY_HISTORICAL } from "./query_historical.ts";

const SPAN = { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" };

/** Routes of a gateway that has these gaps and archived days. */
function routes(gaps: Json[], days: Json[]): AskRoute {
  return ({ path }) =>
    Promise.resolve(
      path === "/v1/gaps"
        ? { from: 1, to: 2, gaps, _hints: ["No gap is known in this span."] }
        : { days, _hints: [] },
    );
}

Deno.test("a span of which nothing is archived is empty, not complete: it has no gaps either", async () => {
  const args = { symbol: "BTCUSD", kind: "gaps", ...SPAN };
  const day = { feed: "kraken", day: "2026-11-01" };
  const conditionOf = async (gaps: Json[], days: Json[]) =>
    (await QUERY_HISTORICAL.run(args, routes(gaps, days))).condition;
  assert.equal(await conditionOf([], [day]), "complete");
  assert.equal(await conditionOf([{ reason: "disconnect" }], []), "gaps");
  const { condition, notes } = await QUERY_HISTORICAL.run(args, routes([], []));
  assert.equal(condition, "empty");
  assert.match(String(notes), /No day of this span is archived/);
});

import assert from "node:assert/strict";
import { filterOf } from "./audit_source.ts";

Deno.test("a start after the end is refused; a moment of the last day is not after it", () => {
  const from = "2026-03-01T12:00:00.000000Z";
  assert.throws(() => filterOf({ from, to: "2026-02-28" }), { code: "SPAN_INVALID" });
  assert.throws(() => filterOf({ from: "2026-03-02", to: from }), { code: "SPAN_INVALID" });
  for (const span of [{ from, to: "2026-03-01" }, { from, to: from }, { from }, { to: from }, {}]) {
    assert.deepEqual([filterOf(span).from, filterOf(span).to], [span.from, span.to]);
  }
});

import assert from "node:assert/strict";
import { MetricsText } from "./metrics_text.ts";

const TEXT = `# HELP sent_total Messages.
# TYPE sent_total counter
sent_total{type="trade"} 3
sent_total{type="gap"} 4
lag_seconds_bucket{le="0.1",feed="a"} 50
lag_seconds_bucket{le="1",feed="a"} 99
lag_seconds_bucket{le="+Inf",feed="a"} 100
lag_seconds_count{feed="a"} 100
empty_seconds_count 0
`;

Deno.test("metrics are summed over what their labels tell apart", () => {
  const metrics = new MetricsText(TEXT);
  assert.equal(metrics.sum("sent_total"), 7);
  assert.equal(metrics.sum("sent_total", { type: "gap" }), 4);
  assert.equal(metrics.sum("absent_total"), undefined);
});

Deno.test("a quantile is the bound of the bucket in which it lies, never less", () => {
  const metrics = new MetricsText(TEXT);
  assert.equal(metrics.quantile("lag_seconds", 0.5, { feed: "a" }), 0.1);
  assert.equal(metrics.quantile("lag_seconds", 0.99, { feed: "a" }), 1);
  assert.equal(metrics.quantile("lag_seconds", 0.999, { feed: "a" }), Infinity);
  assert.equal(metrics.quantile("empty_seconds", 0.5), undefined);
});

import assert from "node:assert/strict";
import { Metrics } from "./metrics.ts";

/** What prom-client 15.1.3 wrote for the same calls. */
const TEXT = String.raw`# HELP ssmd_x_fed_total Records \\ by feed\nand type.
# TYPE ssmd_x_fed_total counter
ssmd_x_fed_total{type="trade",feed="kra\"ken\\\n",shard="a"} 3.5
ssmd_x_fed_total{feed="kalshi",type="trade",shard="a"} 3

# HELP ssmd_x_known_total Known.
# TYPE ssmd_x_known_total counter
ssmd_x_known_total{feed="k",type="p",shard="a"} 0
ssmd_x_known_total{feed="k",type="q",shard="a"} 1

# HELP ssmd_x_plain_total Plain.
# TYPE ssmd_x_plain_total counter
ssmd_x_plain_total{shard="a"} 1

# HELP ssmd_x_untouched Untouched.
# TYPE ssmd_x_untouched gauge
ssmd_x_untouched{shard="a"} 0

# HELP ssmd_x_without_series Without series.
# TYPE ssmd_x_without_series gauge

# HELP ssmd_x_states States.
# TYPE ssmd_x_states gauge
ssmd_x_states{state="old",shard="a"} +Inf
ssmd_x_states{state="new",shard="a"} -1.5

# HELP ssmd_x_level Level.
# TYPE ssmd_x_level gauge
ssmd_x_level{shard="a"} 0

# HELP ssmd_x_empty_seconds Empty.
# TYPE ssmd_x_empty_seconds histogram
ssmd_x_empty_seconds_bucket{le="1",shard="a"} 0
ssmd_x_empty_seconds_bucket{le="+Inf",shard="a"} 0
ssmd_x_empty_seconds_sum{shard="a"} 0
ssmd_x_empty_seconds_count{shard="a"} 0

# HELP ssmd_x_seconds Seconds.
# TYPE ssmd_x_seconds histogram
ssmd_x_seconds_bucket{le="0.0001",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.00025",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.0005",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.001",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.0025",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.005",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.01",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.025",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.05",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.1",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.25",shard="a",feed="k"} 2
ssmd_x_seconds_bucket{le="0.5",shard="a",feed="k"} 3
ssmd_x_seconds_bucket{le="1",shard="a",feed="k"} 3
ssmd_x_seconds_bucket{le="2.5",shard="a",feed="k"} 3
ssmd_x_seconds_bucket{le="5",shard="a",feed="k"} 3
ssmd_x_seconds_bucket{le="10",shard="a",feed="k"} 3
ssmd_x_seconds_bucket{le="60",shard="a",feed="k"} 4
ssmd_x_seconds_bucket{le="+Inf",shard="a",feed="k"} 5
ssmd_x_seconds_sum{shard="a",feed="k"} 121.3001
ssmd_x_seconds_count{shard="a",feed="k"} 5
`;

Deno.test("the text of metrics is, byte for byte, what scrapes have always got", () => {
  const metrics = new Metrics("x");
  metrics.registry.setDefaultLabels({ shard: "a" });
  const fed = metrics.counter("fed_total", "Records \\ by feed\nand type.", ["feed", "type"]);
  metrics.counter("known_total", "Known.", { feed: ["k"], type: ["p", "q"] }).inc({
    feed: "k",
    type: "q",
  });
  metrics.counter("plain_total", "Plain.").inc();
  fed.inc({ type: "trade", feed: 'kra"ken\\\n' }, 2.5);
  fed.inc({ feed: 'kra"ken\\\n', type: "trade" });
  const child = fed.labels({ feed: "kalshi", type: "trade" });
  child.inc();
  child.inc(2);
  metrics.gauge("untouched", "Untouched.");
  metrics.gauge("without_series", "Without series.", { labels: ["feed"] });
  const gauge = metrics.gauge("states", "States.", {
    labels: ["state"],
    collect: () => gauge.set({ state: "new" }, -1.5),
  });
  gauge.set({ state: "old" }, Infinity);
  gauge.set({ state: "gone" }, 1);
  gauge.remove({ state: "gone" });
  const level = metrics.gauge("level", "Level.");
  level.set(7);
  level.reset();
  metrics.histogram("empty_seconds", "Empty.", { buckets: [1] });
  const seconds = metrics.histogram("seconds", "Seconds.", { labels: ["feed"] });
  for (const value of [0, 0.0001, 0.3, 60, 61]) seconds.observe({ feed: "k" }, value);
  assert.equal(metrics.text(), TEXT);
});

Deno.test("a wrong name, label or value of a metric is refused", () => {
  const metrics = new Metrics("x");
  const counter = metrics.counter("a_total", "A.", ["feed"]);
  assert.throws(() => counter.inc({ feed: "k", kind: "t" }), RangeError);
  assert.throws(() => counter.labels({ kind: "t" }), RangeError);
  for (const by of [-1, NaN, Infinity]) assert.throws(() => counter.inc({ feed: "k" }, by));
  const histogram = metrics.histogram("s", "S.");
  for (const value of [NaN, -Infinity]) assert.throws(() => histogram.observe(value), RangeError);
  assert.throws(() => metrics.gauge("a-b", "A."), RangeError);
  assert.throws(() => metrics.gauge("a", "A.", { labels: ["a b"] }), RangeError);
});

Deno.test("one series stays usable after its metric was emptied", () => {
  const metrics = new Metrics("x");
  const counter = metrics.counter("a_total", "A.", ["feed"]);
  const child = counter.labels({ feed: "k" });
  child.inc(3);
  counter.reset();
  assert.doesNotMatch(metrics.text(), /feed=/);
  child.inc();
  assert.match(metrics.text(), /ssmd_x_a_total\{feed="k"\} 1\n/);
});

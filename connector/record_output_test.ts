import assert from "node:assert/strict";
import { createLogger, Metrics } from "@ssmd/runtime";
import { createConnectorMetrics } from "./connector_metrics.ts";
import { RecordOutput } from "./record_output.ts";

Deno.test("conflicts are all counted, and logged once a minute with their number", () => {
  const lines: string[] = [];
  const metrics = new Metrics("connector");
  const output = new RecordOutput({
    ...{ env: "test", feed: "kraken", sockets: [] },
    logger: createLogger({ format: "json", write: (line) => void lines.push(line) }),
    metrics: createConnectorMetrics(metrics, "kraken"),
  });
  for (const seconds of [100, 101, 159, 160, 161]) {
    output.meaning(
      { kind: "frame", atUs: seconds * 1_000_000, text: "", connectionIndex: 1 },
      { events: [], send: [], notice: { type: "conflict", reason: `at ${seconds}` } },
    );
  }
  const logged = lines.map((line) => JSON.parse(line)).map(({ reason, count }) => [reason, count]);
  assert.deepEqual(logged, [["at 100", 1], ["at 160", 3]]);
  assert.match(
    metrics.text(),
    /ssmd_connector_errors_total\{feed="kraken",error_type="conflict"\} 5/,
  );
});

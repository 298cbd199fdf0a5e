import assert from "node:assert/strict";
import { Metrics } from "@ssmd/runtime";
import type { QaRules } from "@ssmd/metadata";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { optionsOf, publish, START_US } from "../_fixtures.ts";
import { createArchiver } from "../mod.ts";
import { loadQaReport, type QaReport } from "@ssmd/dataset/qa";

const RULES: QaRules = {
  feed: "kraken",
  checks: [
    { type: "range", records: ["trade"], field: "price", max: 150 },
    { type: "duplicate_ids", records: ["trade"], id: "trade_id" },
  ],
};
const PLACE = { env: "test", feed: "kraken", day: "2026-08-01" } as const;

Deno.test("a day is checked by the archiver when it is over, and failures are counted", async () => {
  const transport = memoryTransport();
  const storage = memoryStorage();
  const metrics = new Metrics("archiver");
  let nowUs = START_US;
  const archiver = createArchiver({
    ...optionsOf(transport, storage),
    ...{ metrics, clock: () => nowUs, checks: new Map([["kraken", { rules: RULES }]]) },
  });
  await archiver.start();
  publish(transport, 0, 300);
  await archiver.flush();
  assert.equal(await loadQaReport(storage, PLACE), undefined);
  nowUs = START_US + 86_400_000_000;
  await archiver.flush();
  let report: QaReport | undefined;
  // The checks run beside the archiver's work; nothing of it tells when they end.
  for (let i = 0; report === undefined && i < 500; i++) {
    report = await loadQaReport(storage, PLACE);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(report?.checks.map(({ check, failures }) => [check, failures]), [
    ["range", 197],
    ["duplicate_ids", 0],
  ]);
  const text = await metrics.registry.metrics();
  assert.match(text, /ssmd_archiver_qa_failures_total\{feed="kraken",check="range"\} 197/);
  await archiver.close();
  await transport.close();
});

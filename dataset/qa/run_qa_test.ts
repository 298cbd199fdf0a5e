import assert from "node:assert/strict";
import { ArchiveError } from "@ssmd/runtime";
import { loadManifest, saveManifest } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { subjectOf, type Trade } from "@ssmd/market";
import type { QaRules } from "@ssmd/metadata";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { createArchiver } from "@ssmd/archiver";
import { inputOf, runQa } from "./run_qa.ts";
import { loadQaReport, qaKey } from "./report.ts";

const FEED_DAY = { env: "test", feed: "kraken", day: "2026-08-01" } as const;
const START_US = Date.parse("2026-08-01T02:00:00Z") * 1000;

async function archived(sizes: readonly number[]): Promise<Storage> {
  const storage = memoryStorage();
  const transport = memoryTransport();
  const archiver = createArchiver({
    ...{ env: FEED_DAY.env, feeds: [FEED_DAY.feed], transport, storage },
    ...{ version: "0.1.0", commit: "test", clock: () => START_US },
  });
  await archiver.start();
  const encoder = new Encoder();
  const publisher = transport.publisher();
  sizes.forEach((size, i) => {
    const trade: Trade = {
      ...{ type: "trade", timestampUs: START_US, receivedAtUs: START_US + i, symbol: "BTCUSD" },
      ...{ feed: FEED_DAY.feed, sequence: i + 1, price: 1, size, side: "buy", tradeId: `${i}` },
    };
    const subject = subjectOf(FEED_DAY.env, FEED_DAY.feed, "trade", "BTCUSD");
    publisher.publish({ subject, payload: encoder.encode(trade), id: `m1-${i + 1}-0` });
  });
  await archiver.close();
  await transport.close();
  return storage;
}

const RULES: QaRules = {
  feed: "kraken",
  checks: [{ type: "range" as const, records: ["trade" as const], field: "size", min: 1 }],
};

Deno.test("a day's checks are stored beside it with a hash, and say which files they saw", async () => {
  const storage = await archived([1, 0.5, 2]);
  const report = await runQa({ storage, ...FEED_DAY, rules: RULES, software: "0.1.0+test" });
  assert.equal(report.ok, false);
  assert.equal(report.records, 3);
  assert.equal(report.checks[0]?.failures, 1);
  assert.equal(report.checks[0]?.first[0]?.sequence, 2);
  assert.deepEqual(await loadQaReport(storage, FEED_DAY), report);
  assert.equal(qaKey(FEED_DAY), "normalized/test/kraken/v1/2026/08/01/qa.json");
  const manifest = await loadManifest(storage, { kind: "normalized", ...FEED_DAY });
  assert.ok(manifest !== undefined);
  assert.equal(report.input, inputOf(manifest));
  await saveManifest(storage, { ...manifest, files: [] });
  const now = await loadManifest(storage, { kind: "normalized", ...FEED_DAY });
  assert.ok(now !== undefined && inputOf(now) !== report.input);
});

Deno.test("a changed result is not served, a day that is not there is not checked", async () => {
  const storage = await archived([1, 2]);
  const report = await runQa({ storage, ...FEED_DAY, rules: RULES, software: "0.1.0+test" });
  assert.equal(report.ok, true);
  const bytes = await storage.get(qaKey(FEED_DAY));
  const text = new TextDecoder().decode(bytes).replace(`"records": 2`, `"records": 3`);
  await storage.put(qaKey(FEED_DAY), new TextEncoder().encode(text));
  const code = (code: string) => (error: unknown) =>
    error instanceof ArchiveError && error.code === code;
  await assert.rejects(loadQaReport(storage, FEED_DAY), code("FILE_DAMAGED"));
  const day = "2026-08-02";
  const later = runQa({ storage, ...FEED_DAY, day, rules: RULES, software: "0.1.0+test" });
  await assert.rejects(later, code("DAY_MISSING"));
});

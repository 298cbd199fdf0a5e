import assert from "node:assert/strict";
import type { MissingSubscription } from "@ssmd/exchanges";
import { captureReportSubject, readCaptureReport } from "@ssmd/market/capture_report";
import { memoryTransport } from "@ssmd/transport";
import { captureReport, FeedAnswers } from "./feed_answers.ts";

const LOST = { state: "lost", why: "reset" } as const;
const AWAY: MissingSubscription = {
  ...{ symbol: "ETHUSD", channel: "trade", sinceUs: 5_000_500, why: "silent" },
  ...{ isLate: true, isRefused: false, nextUs: 9_000_000 },
};

Deno.test("a report tells the first next try, and what was refused before what is late", () => {
  const connections = [
    { connectionIndex: 1, state: "live", why: "", nextTryMs: 0 } as const,
    { connectionIndex: 2, ...LOST, nextTryMs: 300 },
    { connectionIndex: 3, ...LOST, nextTryMs: 200 },
  ];
  const refused = { ...AWAY, symbol: "SOLUSD", isRefused: true, nextUs: Infinity };
  const report = captureReport(connections, [AWAY, refused]);
  assert.equal(report.nextTryMs, 200);
  assert.equal(report.awayCount, 2);
  assert.deepEqual(
    report.away.map(({ symbol, sinceMs, nextTryMs }) => [symbol, sinceMs, nextTryMs]),
    [
      ["SOLUSD", 5_000.5, null],
      ["ETHUSD", 5_000.5, 9_000],
    ],
  );
  assert.equal(captureReport(connections.slice(0, 1), []).nextTryMs, null);
});

Deno.test("of very many a report names a bounded number, and counts all", () => {
  const report = captureReport([], new Array(5000).fill(AWAY));
  assert.deepEqual([report.awayCount, report.away.length], [5000, 100]);
});

Deno.test("a question for the report is answered until the end", async () => {
  const transport = memoryTransport();
  const answers = new FeedAnswers({
    ...{ env: "lab", feed: "kraken", transport },
    snapshots: () => new Uint8Array(0),
    report: () => captureReport([], [AWAY]),
  });
  await answers.begin();
  const ask = () =>
    transport.request(captureReportSubject("lab", "kraken"), new Uint8Array(0), 1000);
  assert.deepEqual(readCaptureReport(await ask()), captureReport([], [AWAY]));
  answers.end();
  await assert.rejects(ask());
  await transport.close();
});

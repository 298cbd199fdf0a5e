import assert from "node:assert/strict";
import { captureReportSubject } from "@ssmd/market/capture_report";
import { silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { CaptureReports } from "./capture_reports.ts";

const REPORT = { nextTryMs: 5, awayCount: 0, away: [] };

Deno.test("connectors are asked once a second at most, and one that is away has no report", async () => {
  const transport = memoryTransport();
  let requested = 0;
  let answer = JSON.stringify(REPORT);
  await transport.respond(captureReportSubject("lab", "kraken"), () => {
    requested++;
    return new TextEncoder().encode(answer);
  });
  let nowMs = 0;
  const reports = new CaptureReports({
    env: "lab",
    transport,
    logger: silentLogger,
    nowMs: () => nowMs,
  });
  const of = (feed: string) => reports.of(feed);
  assert.deepEqual(await Promise.all([of("kraken"), of("kraken")]), [REPORT, REPORT]);
  nowMs = 999;
  await of("kraken");
  assert.equal(requested, 1);
  nowMs = 1000;
  answer = "no report";
  assert.equal(await of("kraken"), undefined);
  assert.equal(requested, 2);
  assert.equal(await of("kalshi"), undefined);
  await transport.close();
});

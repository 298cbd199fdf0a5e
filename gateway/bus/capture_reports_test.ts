import assert from "node:assert/strict";
import { captureReportSubject } from "@ssmd/market/capture_report";
import { silentLogger } from "@ssmd/runtime";
import { shardSubject } from "@ssmd/market";
import { memoryTransport, openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
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
  const capture = { report: REPORT, shards: [] };
  assert.deepEqual(await Promise.all([of("kraken"), of("kraken")]), [capture, capture]);
  nowMs = 999;
  await of("kraken");
  assert.equal(requested, 1);
  nowMs = 1000;
  answer = "no report";
  assert.deepEqual(await of("kraken"), { report: undefined, shards: [] });
  assert.equal(requested, 2);
  assert.deepEqual(await of("kalshi"), { report: undefined, shards: [] });
  await transport.close();
});

Deno.test({
  name: "the reports of a feed's shards are one, and a shard that does not answer is told",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const shards = ["one", "two", "three"];
    const transport = await openTransport(
      { type: "nats", url: server.url, shards },
      { env: "lab" },
    );
    try {
      const subject = captureReportSubject("lab", "kraken");
      await transport.respond(
        shardSubject(subject, "one"),
        () => new TextEncoder().encode(JSON.stringify({ ...REPORT, awayCount: 2 })),
      );
      await transport.respond(
        shardSubject(subject, "two"),
        () => new TextEncoder().encode("no report"),
      );
      const reports = new CaptureReports({
        ...{ env: "lab", transport, logger: silentLogger },
        // Shard three has no symbol of this feed.
        shardsOf: () => ["one", "two"],
      });
      assert.deepEqual(await reports.of("kraken"), {
        report: { ...REPORT, awayCount: 2 },
        shards: [{ shard: "one", answers: true }, { shard: "two", answers: false }],
      });
    } finally {
      await transport.close();
      await server.stop();
    }
  },
});

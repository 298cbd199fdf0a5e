import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Metrics, silentLogger, sleep } from "@ssmd/runtime";
import { createConnectorMetrics } from "./connector_metrics.ts";
import { FrameIngest } from "./frame_ingest.ts";

/** Looks after which frames count as stuck. */
const LOOKS = 61;

function ingestIn(dir: string): FrameIngest {
  return new FrameIngest({
    ...{ run: "r1", dir, feed: "fake", logger: silentLogger },
    metrics: createConnectorMetrics(new Metrics("connector"), "fake"),
    header: (firstLine) => ({
      ...{ run: "r1", env: "test", feed: "fake", firstLine, openedUs: 0, connections: [] },
    }),
    lines: { process: () => {} },
    onClosed: () => {},
    onPause: () => {},
  });
}

function look(ingest: FrameIngest, times: number): boolean {
  for (let i = 0; i < times; i++) ingest.watchCommits();
  return ingest.isStuck;
}

Deno.test("frames that a disk neither takes nor refuses are stuck, those that it takes or refuses are not", async () => {
  const dir = await Deno.makeTempDir();
  const ingest = ingestIn(dir);
  try {
    assert.equal(look(ingest, LOOKS), false, "nothing waits");
    ingest.frame(1, Buffer.from("{}"), false);
    assert.equal(look(ingest, LOOKS), true, "no time to write it was given");
    await ingest.commit();
    assert.equal(look(ingest, 1), false);
    await ingest.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  const refused = ingestIn(`${dir}/gone`);
  refused.frame(1, Buffer.from("{}"), false);
  look(refused, LOOKS - 2);
  while (refused.problem === "") await sleep(2);
  assert.equal(look(refused, 2), false, "it is refused, which is told otherwise");
  refused.giveUp();
  await refused.commit();
});

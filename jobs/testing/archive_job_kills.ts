/** Archive jobs whose processes are killed mid-work; one test body for all runners. @module */
import assert from "node:assert/strict";
import { loadManifest } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { verifyArchive } from "@ssmd/dataset/verify";
import type { JsonRecord } from "@ssmd/journal";
import { nowUs } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import type { Job } from "../job.ts";
import { newJob, type WorkflowKind } from "../workflow.ts";
import { BACKFILL } from "../workflows/backfill.ts";
import { EXPORT } from "../workflows/export.ts";
import { MONTHLY_REPORT } from "../workflows/monthly_report.ts";
import { REPROCESS } from "../workflows/reprocess.ts";
import { type KillBench, runKilled } from "./kill_bench.ts";

const FEED = "kraken";
const DAY = "2026-08-01";
const OF_DAY = { kind: "normalized", env: "demo", feed: FEED, day: DAY } as const;

/** Reprocesses, exports, reports a month and backfills, killed in each; throws AssertionError. */
export async function surviveArchiveJobs(bench: KillBench): Promise<void> {
  const storage = folderStorage(bench.dataDir);
  try {
    await fillArchive(storage, "demo");
    const records = (await loadManifest(storage, OF_DAY))?.files.reduce(
      (sum, { count }) => sum + count,
      0,
    );
    const span = { from: DAY, to: DAY };
    const made = await survive(bench, REPROCESS, {
      input: { feed: FEED, version: "v2", ...span },
      points: ["thread tells", "thread ended"],
    });
    assert.deepEqual(resultOf(made, "make"), {
      // Made by the process that was killed before it could report it.
      ...{ days: 1, made: 0, kept: 1, partial: [], records },
    });
    await exportOnce(bench, records);
    await reportOnce(bench);
    const filled = await survive(bench, BACKFILL, {
      input: { feed: FEED, version: "v3" },
      points: ["thread ended"],
    });
    const jobs = resultOf(filled, "ask")?.["jobs"] as string[];
    assert.deepEqual(jobs, [`reprocess/demo/kraken/v3/${DAY}..${DAY}`]);
    assert.equal(await runKilled(bench, { job: jobs[0] ?? "", point: "" }), 0);
    await assertVersions(storage, records);
  } finally {
    await storage.close();
  }
}

async function exportOnce(bench: KillBench, records: number | undefined): Promise<void> {
  const input = { out: "nightly", feeds: [FEED], from: DAY, to: DAY, format: "csv" as const };
  const job = await survive(bench, EXPORT, { input, points: ["thread ended"] });
  const { files, written, records: exported } = resultOf(job, "write") ?? {};
  assert.deepEqual([written, exported], [0, records], `${files} files`);
  const dir = `${bench.dataDir}/exports/nightly/feed=${FEED}`;
  assert.ok((await Array.fromAsync(Deno.readDir(dir))).length > 0);
}

async function reportOnce(bench: KillBench): Promise<void> {
  const input = { month: DAY.slice(0, 7) };
  const job = await survive(bench, MONTHLY_REPORT, { input, points: ["thread ended"] });
  const { out, files } = resultOf(job, "write") ?? {};
  assert.equal(((await Deno.stat(String(out))).mode ?? 0) & 0o777, 0o600);
  const gaps = (files as { name: string; rows: number }[]).find(({ name }) => name === "gaps.csv");
  assert.ok(gaps !== undefined && gaps.rows > 0, JSON.stringify(files));
}

async function assertVersions(storage: Storage, records: number | undefined): Promise<void> {
  for (const version of ["v2", "v3"]) {
    const manifest = await loadManifest(storage, { ...OF_DAY, version });
    assert.equal(manifest?.files.reduce((sum, { count }) => sum + count, 0), records, version);
  }
  assert.deepEqual((await verifyArchive(storage, { env: "demo" })).problems, []);
}

/** Runs a job through its kills to completion. */
async function survive<Kind extends WorkflowKind>(
  bench: KillBench,
  kind: Kind,
  { input, points }: { input: JsonRecord; points: readonly string[] },
): Promise<Job> {
  const job = newJob<WorkflowKind["input"]>(kind, { env: "demo", input, nowUs: nowUs() });
  {
    using board = await bench.openBoard();
    await board.enqueue(job);
  }
  for (const point of points) {
    assert.equal(await runKilled(bench, { job: job.id, point }), null, `${job.id}: ${point}`);
  }
  assert.equal(await runKilled(bench, { job: job.id, point: "" }), 0);
  using board = await bench.openBoard();
  const found = await board.find(job.id);
  assert.equal(found?.state, "done", JSON.stringify(found?.error));
  const names = found.steps.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  const said = (await board.lines(job.id)).map(({ message }) => message);
  assert.deepEqual(said.filter((line) => / is done$/.test(line)), names.map((n) => `${n} is done`));
  return found;
}

function resultOf({ steps }: Job, name: string): JsonRecord | null | undefined {
  return steps.find((step) => step.name === name)?.result;
}

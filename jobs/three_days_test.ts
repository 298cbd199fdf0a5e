import assert from "node:assert/strict";
import { changeManifest, isSealedDay, loadManifest } from "@ssmd/archive";
import { loadQaReport } from "@ssmd/dataset/qa";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { verifyArchive } from "@ssmd/dataset/verify";
import { type Environment, loadEnvironment } from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { endDayId } from "./workflows/end_day.ts";
import { JobService, openJobs } from "./job_service.ts";

const REGISTRY = new URL("../exchanges", import.meta.url).pathname;
const FEED = { env: "demo", feed: "kraken" } as const;
const DAY_MS = 86_400_000;

async function start(dataDir: string, more: Partial<Environment> = {}): Promise<JobService> {
  const jobs = await JobService.start({
    environment: { ...await loadEnvironment(REGISTRY, FEED.env), ...more },
    ...{ dataDir, registryDir: REGISTRY, logger: silentLogger, quietMs: 0 },
    ...{ storage: { type: "local", path: dataDir }, metrics: new Metrics("jobs") },
  });
  assert.ok(jobs instanceof JobService);
  return jobs;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function keysOf(storage: Storage): Promise<string[]> {
  return (await Array.fromAsync(storage.list(""))).map(({ key }) => key)
    .filter((key) => /^(raw|normalized)\//.test(key));
}

Deno.test("three days end by themselves and leave nothing else; kept for two days, two of them go", async () => {
  const dataDir = await Deno.makeTempDir();
  const storage = folderStorage(dataDir);
  // Midnight may pass meanwhile: the last one is kept all the same, and the others go.
  const days = [5, 4, 1].map((back) =>
    new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10)
  );
  for (const day of days) {
    await fillArchive(storage, FEED.env, day);
    // As the connector leaves a day that is over.
    await changeManifest(storage, { kind: "raw", ...FEED, day }, {
      change: (manifest) => ({ ...manifest, status: "complete" }),
    });
  }
  const ids = days.map((day) => endDayId(FEED.env, { feed: FEED.feed, version: "v1", day }));
  {
    await using jobs = await start(dataDir);
    await until(() => ids.every((id) => jobs.store.find(id)?.state === "done"));
    for (const day of days) assert.equal(jobs.days.find(FEED.feed, day).state, "complete");
  }
  for (const day of days) {
    const manifest = await loadManifest(storage, { kind: "normalized", ...FEED, day });
    assert.ok(manifest !== undefined && manifest.files.every(isSealedDay));
    assert.ok(await loadQaReport(storage, { ...FEED, day }) !== undefined);
    const named = manifest.files.map(({ key }) => key);
    const folder = `normalized/demo/kraken/v1/`;
    const lying = (await keysOf(storage)).filter((key) =>
      key.startsWith(folder) && key.includes(day.replaceAll("-", "/")) && key.endsWith(".parquet")
    );
    assert.deepEqual(lying, named.toSorted());
  }
  assert.deepEqual((await keysOf(storage)).filter((key) => key.endsWith(".capnp.zst")), []);
  assert.deepEqual((await verifyArchive(storage, { env: FEED.env })).problems, []);

  using store = await openJobs(dataDir, FEED.env);
  store.enqueue({ id: "old", workflow: "retention", input: {}, nowUs: nowUs() });
  await using jobs = await start(dataDir, { retention: { raw_days: 2, normalized_days: 2 } });
  await until(() => jobs.store.find("old")?.state === "done");
  const kept: string[] = [];
  for (const day of days) {
    for (const kind of ["raw", "normalized"] as const) {
      const manifest = await loadManifest(storage, { kind, ...FEED, day });
      if (manifest?.expired === undefined) kept.push(`${kind} ${day}`);
      else assert.deepEqual(manifest.files, []);
    }
  }
  assert.deepEqual(kept, [`raw ${days[2]}`, `normalized ${days[2]}`]);
  assert.deepEqual((await verifyArchive(storage, { env: FEED.env })).problems, []);
  await storage.close();
});

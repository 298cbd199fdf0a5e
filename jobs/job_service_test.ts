import assert from "node:assert/strict";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { changeManifest, isSealedDay, loadManifest } from "@ssmd/archive";
import { loadQaReport } from "@ssmd/dataset/qa";
import { verifyArchive } from "@ssmd/dataset/verify";
import { type Environment, loadEnvironment } from "@ssmd/metadata";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { folderStorage, type Storage } from "@ssmd/storage";
import { JobService, openJobs } from "./job_service.ts";

const REGISTRY = new URL("../exchanges", import.meta.url).pathname;
const DAY = { env: "demo", feed: "kraken", day: "2026-08-01" } as const;
const JOB_ID = "end-day/demo/kraken/v1/2026-08-01";

/** An archive of the demo with a day that is over, in a folder of its own. */
async function archiveWithDay(): Promise<{ dataDir: string; storage: Storage } & AsyncDisposable> {
  const dataDir = await Deno.makeTempDir();
  const storage = folderStorage(dataDir);
  await fillArchive(storage, DAY.env);
  return {
    ...{ dataDir, storage },
    [Symbol.asyncDispose]: async () => {
      await storage.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

async function start(dataDir: string, more: Partial<Environment> = {}) {
  const environment = {
    ...await loadEnvironment(REGISTRY, DAY.env),
    journal: { type: "file", path: `${dataDir}/journal` },
    ...more,
  } as Environment;
  return await JobService.start({
    ...{ environment, dataDir, registryDir: REGISTRY, logger: silentLogger, quietMs: 0 },
    storage: { type: "local", path: dataDir },
    metrics: new Metrics("jobs"),
  });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("a day that is over is sealed and checked by itself, and the journal tells it", async () => {
  await using archive = await archiveWithDay();
  const { dataDir, storage } = archive;
  {
    await using jobs = await start(dataDir);
    assert.ok(jobs);
    await until(() => jobs.store.find(JOB_ID)?.state === "done");
    const steps = jobs.store.find(JOB_ID)?.steps ?? [];
    assert.deepEqual(steps.map(({ name, result }) => [name, result?.["state"] ?? result?.["ok"]]), [
      ["claim", undefined],
      ["drain", undefined],
      ["verify", true],
      ["seal", "sealed"],
      // Its hours are mostly empty.
      ["check", false],
      ["retention", undefined],
      ["record", "complete"],
    ]);
    assert.equal(jobs.days.find(DAY.feed, DAY.day).state, "complete");
  }
  const manifest = await loadManifest(storage, { kind: "normalized", ...DAY });
  assert.ok(manifest && manifest.files.length > 0 && manifest.files.every(isSealedDay));
  assert.equal((await loadQaReport(storage, DAY))?.ok, false);
  assert.deepEqual((await verifyArchive(storage, { env: DAY.env })).problems, []);
  const journal = await Array.fromAsync(Deno.readDir(`${dataDir}/journal`));
  assert.ok(journal.length > 0);
});

Deno.test("ended at random moments and started again, each day is ended once", async () => {
  await using archive = await archiveWithDay();
  const { dataDir, storage } = archive;
  for (let i = 0; i < 12; i++) {
    await using jobs = await start(dataDir);
    assert.ok(jobs);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
  }
  await using jobs = await start(dataDir);
  assert.ok(jobs);
  await until(() => jobs.store.find(JOB_ID)?.state === "done");
  const manifest = await loadManifest(storage, { kind: "normalized", ...DAY });
  assert.ok(manifest?.files.every(isSealedDay));
  assert.deepEqual((await verifyArchive(storage, { env: DAY.env })).problems, []);
});

Deno.test("days that are older than they are kept go by themselves once they are sealed", async () => {
  await using archive = await archiveWithDay();
  const { dataDir, storage } = archive;
  const retention = { raw_days: 1, normalized_days: 1 };
  {
    await using jobs = await start(dataDir, { retention });
    await until(() => jobs?.store.find(JOB_ID)?.state === "done");
  }
  await changeManifest(storage, { kind: "normalized", ...DAY }, {
    change: (manifest) => ({ ...manifest, status: "complete" }),
  });
  const store = await openJobs(dataDir, DAY.env);
  store.enqueue({ id: "again", workflow: "retention", input: {}, nowUs: nowUs() });
  store[Symbol.dispose]();
  await using jobs = await start(dataDir, { retention });
  await until(() => jobs?.store.find("again")?.state === "done");
  for (const kind of ["raw", "normalized"] as const) {
    const manifest = await loadManifest(storage, { kind, ...DAY });
    assert.ok(manifest?.expired, kind);
    assert.deepEqual(manifest.files, []);
  }
});

Deno.test("one process runs the jobs of a folder, another one leaves them alone", async () => {
  await using archive = await archiveWithDay();
  await using first = await start(archive.dataDir, { schedule: { auto_roll: false } });
  assert.ok(first);
  assert.equal(await start(archive.dataDir), undefined);
});

Deno.test("nothing happens by itself where the file says auto_roll: false", async () => {
  await using archive = await archiveWithDay();
  await using jobs = await start(archive.dataDir, { schedule: { auto_roll: false } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(jobs?.store.list(), []);
});

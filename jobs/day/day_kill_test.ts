import assert from "node:assert/strict";
import { changeManifest, loadManifest } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { verifyArchive } from "@ssmd/dataset/verify";
import { fileJournal } from "@ssmd/journal";
import { announceRunning, nowUs } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { openDays, openJobs } from "../job_service.ts";
import { END_DAY } from "../workflows/end_day.ts";
import { ROLL_DAY } from "../workflows/roll_day.ts";
import { START_DAY } from "../workflows/start_day.ts";

const CHILD = new URL("../testing/killed_jobs.ts", import.meta.url).pathname;
const DAY = "2026-08-01";
const NEXT = "2026-08-02";
const END_STEPS = ["drain", "verify", "seal", "check", "retention", "record"];
/** All points of each step with SSMD_DAY_KILLS=all, one of them else. */
const POINTS = ["begins", "worked", "done"];
const IS_LONG = Deno.env.get("SSMD_DAY_KILLS") === "all";

/** Each step of a job with where its process is killed within it. */
function pointsOf(steps: readonly string[]): string[] {
  return steps.flatMap((step, i) =>
    POINTS.filter((_, j) => IS_LONG || j === (i + 1) % POINTS.length).map((at) => `${step} ${at}`)
  );
}

/** A gateway that says that all is well. */
async function wellServices(dataDir: string): Promise<AsyncDisposable> {
  const answers: Record<string, unknown> = {
    "/health": { status: "ok" },
    "/health/ready": { ready: true, reasons: [], conditions: [] },
    "/v1/feeds": { feeds: [{ feed: "kraken", connection: { state: "live", why: null } }] },
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => Response.json(answers[new URL(request.url).pathname]),
  );
  const leave = await announceRunning(dataDir, {
    ...{ env: "demo", component: "up", pid: Deno.pid, started_at: new Date().toISOString() },
    url: `http://127.0.0.1:${server.addr.port}`,
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await leave();
      await server.shutdown();
    },
  };
}

async function runJobs(dataDir: string, job: string, point: string): Promise<number | null> {
  const { code, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", CHILD, dataDir, job, point],
    ...{ stdout: "null", stderr: "inherit" },
  }).output();
  return signal === null ? code : null;
}

/** Runs a job through all its kills, and gives what the journal has of it: `step × times done`. */
async function survive(
  dataDir: string,
  { job, steps }: { job: string; steps: readonly string[] },
): Promise<void> {
  for (const point of pointsOf(steps)) {
    assert.equal(await runJobs(dataDir, job, point), null, `${job}: not killed at ${point}`);
  }
  assert.equal(await runJobs(dataDir, job, ""), 0);
  using jobs = await openJobs(dataDir, "demo");
  assert.equal(jobs.find(job)?.state, "done", JSON.stringify(jobs.find(job)?.error));
  const journal = await fileJournal(`${dataDir}/journal`);
  const done: unknown[] = [];
  const tokens = new Set<unknown>();
  for await (const { record } of journal.read("demo.day.events")) {
    if (record["job"] !== job) continue;
    tokens.add(record["token"]);
    if (record["event"] === "done") done.push(record["step"]);
  }
  await journal.close();
  assert.deepEqual(done, steps);
  assert.equal(tokens.size, 1);
}

Deno.test("killed in every step of its start, roll and end, each step of a day is done once", async () => {
  const dataDir = await Deno.makeTempDir();
  const storage = folderStorage(dataDir);
  await fillArchive(storage, "demo");
  const manifestId = { kind: "normalized", env: "demo", feed: "kraken", day: DAY } as const;
  const before = await loadManifest(storage, manifestId);
  await changeManifest(storage, manifestId, {
    change: (manifest) => ({ ...manifest, status: "complete" }),
  });
  const ask = async (job: string, workflow: string, input: Record<string, string>) => {
    using store = await openJobs(dataDir, "demo");
    store.enqueue({ id: job, workflow, input, nowUs: nowUs() });
  };
  const stateOf = async (day: string) => {
    using days = await openDays(dataDir, "demo");
    return days.find("kraken", day).state;
  };
  {
    await using _services = await wellServices(dataDir);
    await ask("start", START_DAY, { feed: "kraken", day: DAY });
    await survive(dataDir, {
      job: "start",
      steps: ["registry", "connect", "archiver", "gateway", "health", "record"],
    });
    assert.equal(await stateOf(DAY), "active");

    await ask("roll", ROLL_DAY, { feed: "kraken", version: "v1", day: DAY, next: NEXT });
    await survive(dataDir, { job: "roll", steps: ["registry", "mark", ...END_STEPS] });
    assert.deepEqual([await stateOf(DAY), await stateOf(NEXT)], ["complete", "active"]);
    const after = await loadManifest(storage, manifestId);
    // Its records went with the retention of a day; what they were is in the manifest.
    assert.ok(after?.expired !== undefined);
    assert.deepEqual(after.gaps, before?.gaps);
  }
  assert.deepEqual((await verifyArchive(storage, { env: "demo" })).problems, []);

  await fillArchive(storage, "demo", NEXT);
  await ask("end", END_DAY, { feed: "kraken", version: "v1", day: NEXT });
  await survive(dataDir, { job: "end", steps: END_STEPS });
  assert.equal(await stateOf(NEXT), "complete");
  assert.deepEqual((await verifyArchive(storage, { env: "demo" })).problems, []);
  await storage.close();
  await Deno.remove(dataDir, { recursive: true });
});

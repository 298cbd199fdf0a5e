import assert from "node:assert/strict";
import { parse } from "yaml";
import { isSealedDay, loadManifest } from "@ssmd/archive";
import { loadQaReport } from "@ssmd/dataset/qa";
import { openDays, openJobs } from "@ssmd/jobs";
import { folderStorage, type Storage } from "@ssmd/storage";
import { eventually, Folder, RunningUp, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";

const ENV = "demo";
const FEEDS = ["kraken", "kalshi"];
const DAY_MS = 86_400_000;
/** Checks that the hours between two settings of the clock fail, of which nothing was captured. */
const SILENCE = ["max_gap", "presence"];

const firstMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - 5 * DAY_MS;
const label = (n: number) => new Date(firstMs + n * DAY_MS).toISOString().slice(0, 10);
const at = (n: number, time: string) => Date.parse(`${label(n)}T${time}Z`);
const ENDED = [0, 1, 2].map(label);

/** An `up` of the demo whose wall clock is set. */
class SetUp extends RunningUp {
  #clockFile: string;

  constructor(dataDir: string, { atMs, cwd }: { atMs: number; cwd?: string }) {
    const clockFile = `${dataDir}.clock`;
    setClock(clockFile, atMs);
    super(["--env", ENV, "--data", dataDir], {
      ...{ preload: new URL("_set_clock.ts", import.meta.url).pathname },
      ...{ env: { CLOCK_AHEAD_FILE: clockFile }, ...(cwd === undefined ? {} : { cwd }) },
    });
    this.#clockFile = clockFile;
  }

  /** Trades of Kraken that were published so far. */
  async trades(): Promise<number> {
    const name = `ssmd_connector_messages_published_total{feed="kraken",type="trade"}`;
    return await this.metric(name) ?? 0;
  }

  setClock(atMs: number): void {
    setClock(this.#clockFile, atMs);
  }
}

function setClock(file: string, atMs: number): void {
  Deno.writeTextFileSync(`${file}.new`, `${atMs - Date.now()}`);
  Deno.renameSync(`${file}.new`, file);
}

/** Waits until a day of all feeds has come to a state. */
async function reached(dataDir: string, day: string, state: string): Promise<void> {
  using days = await openDays(dataDir, ENV);
  await eventually(
    `${state} of ${day}`,
    () => Promise.resolve(FEEDS.every((feed) => days.find(feed, day).state === state)),
  );
}

/** Waits until the windows of a day are written: what comes later would be sealed a day later. */
async function archived(dataDir: string, day: string): Promise<void> {
  const storage = folderStorage(dataDir);
  for (const feed of FEEDS) {
    await eventually(`the last window of ${feed} on ${day}`, async () => {
      const manifest = await loadManifest(storage, { kind: "normalized", env: ENV, feed, day });
      return manifest?.status === "complete";
    });
  }
  await storage.close();
}

/** Runs the demo from the noon of the first day to that of the fourth. */
async function runThreeDays(dataDir: string): Promise<void> {
  await using up = new SetUp(dataDir, { atMs: at(0, "11:58:00") });
  await up.url();
  // Jobs begin a minute after the start.
  up.setClock(at(0, "12:00:00"));
  for (const n of ENDED.keys()) {
    await reached(dataDir, label(n), "active");
    up.setClock(at(n, "23:59:59"));
    const midnightMs = Date.now() + 1000;
    await eventually("midnight", () => Promise.resolve(Date.now() > midnightMs));
    await up.published("kraken", "trade", await up.trades() + 1);
    // After the grace of windows, before jobs ask for the roll.
    up.setClock(at(n + 1, "00:01:05"));
    await archived(dataDir, label(n));
    // Kalshi's day ends at midnight in New York.
    up.setClock(at(n + 1, "06:00:00"));
    await reached(dataDir, label(n), "complete");
    up.setClock(at(n + 1, "12:00:00"));
  }
  const { code, output } = await up.stop();
  assert.equal(code, 0, output);
  const said = up.captured();
  assert.equal(said["archived"], said["records"]);
}

async function keysOf(storage: Storage, ...prefixes: string[]): Promise<string[]> {
  const lists = prefixes.map((prefix) => Array.fromAsync(storage.list(prefix)));
  return (await Promise.all(lists)).flat().map(({ key }) => key);
}

/** Checks that a day is sealed and checked, and that nothing lies about that its manifests do not name. */
async function assertEnded(storage: Storage, feed: string, day: string): Promise<void> {
  const id = { env: ENV, feed, day };
  const normalized = await loadManifest(storage, { kind: "normalized", ...id });
  assert.equal(normalized?.status, "complete");
  assert.ok(normalized.files.length > 0 && normalized.files.every(isSealedDay));
  const report = await loadQaReport(storage, id);
  const failed = report?.checks.filter(({ failures }) => failures > 0).map(({ check }) => check);
  assert.deepEqual(failed?.filter((check) => !SILENCE.includes(check)), []);
  const raw = await loadManifest(storage, { kind: "raw", ...id });
  const date = day.replaceAll("-", "/");
  const lying = (await keysOf(storage, `raw/${ENV}/${feed}/`, `normalized/${ENV}/${feed}/`))
    .filter((key) => key.includes(date) && !/\/(manifest|qa)\.json$/.test(key));
  const named = [...raw?.files ?? [], ...normalized.files].map(({ key }) => key);
  assert.deepEqual(lying.toSorted(), named.toSorted());
}

/** The demo once more, whose days are kept for one day; until that is done. */
async function runRetention(dataDir: string, folder: string): Promise<void> {
  await writeRegistry(folder, { name: ENV, feeds: {} });
  const path = `exchanges/environments/${ENV}.yaml`;
  const demo = parse(await Deno.readTextFile(new URL(`../../${path}`, import.meta.url)));
  const { signals: _, agents: __, ...rest } = demo;
  const kept = { ...rest, retention: { raw_days: 1, normalized_days: 1 } };
  await Deno.writeTextFile(`${folder}/${path}`, JSON.stringify(kept));
  await using up = new SetUp(dataDir, { atMs: at(3, "12:10:00"), cwd: folder });
  await up.url();
  up.setClock(at(3, "12:15:00"));
  using jobs = await openJobs(dataDir, ENV);
  await eventually(
    "a retention that is done",
    () => Promise.resolve(jobs.find(`retention/${ENV}/${label(3)}T00:10:00Z`)?.state === "done"),
  );
  assert.equal((await up.stop()).code, 0, up.output);
}

Deno.test("a demo of three days leaves three sealed, checked days; kept for one, two of them go", async () => {
  await using folder = new Folder();
  const dataDir = `${folder.path}/data`;
  await runThreeDays(dataDir);
  const storage = folderStorage(dataDir);
  for (const feed of FEEDS) {
    for (const day of ENDED) await assertEnded(storage, feed, day);
  }
  const left = await keysOf(storage, "spool/", ".temp/");
  assert.deepEqual(left.filter((key) => /\.log$|^\.temp/.test(key)), []);
  const whole = await verify(dataDir);
  assert.deepEqual([whole.code, whole.problems], [0, []], whole.output);

  await runRetention(dataDir, folder.path);
  const kept: string[] = [];
  for (const feed of FEEDS) {
    for (const kind of ["raw", "normalized"] as const) {
      for (const day of ENDED) {
        const manifest = await loadManifest(storage, { kind, env: ENV, feed, day });
        if (manifest?.expired === undefined) kept.push(`${kind} ${feed} ${day}`);
        else {
          assert.deepEqual([manifest.files, manifest.expired.keptDays], [[], 1]);
          assert.ok(manifest.expired.files > 0);
        }
      }
    }
  }
  const third = FEEDS.flatMap((
    feed,
  ) => [`raw ${feed} ${label(2)}`, `normalized ${feed} ${label(2)}`]);
  assert.deepEqual(kept, third);
  assert.deepEqual((await verify(dataDir)).problems, []);
  await storage.close();
});

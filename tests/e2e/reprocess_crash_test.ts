import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { parseManifestKey } from "@ssmd/archive";
import { folderStorage, type Storage } from "@ssmd/storage";
import { SeededRandom } from "./crash_service.ts";
import { Folder, Running, verify } from "./_process.ts";
import { FEED_ID, fillRaw } from "./_raw_days.ts";
import { contentOf } from "./_versions.ts";

const KILLS = 30;

function runArgs(folder: string, version: string, parallel: number): string[] {
  return [
    ...["reprocess", "run", "--data", `${folder}/data`, "--feed", FEED_ID.feed, "--as", version],
    ...["--temp", `${folder}/temp`, "--parallel", String(parallel), "--output", "json"],
  ];
}

/** Days that a run kept and made; from what it printed. */
function actions(output: string): string[] {
  const from = output.indexOf("{\n");
  const end = output.lastIndexOf("\n}") + 2;
  return JSON.parse(output.slice(from, end)).days.map(({ action }: { action: string }) => action);
}

/** Makes a version undisturbed; gives how long its work took, from its first day on, ms. */
async function timed(path: string, parallel: number): Promise<number> {
  await using running = new Running(runArgs(path, `whole${parallel}`, parallel));
  await running.line("translating");
  const startedMs = performance.now();
  const { code, output } = await running.end();
  assert.equal(code, 0, output);
  return performance.now() - startedMs;
}

/** Whether a version has a day that is done. */
async function hasDay(storage: Storage, version: string): Promise<boolean> {
  const prefix = `normalized/${FEED_ID.env}/${FEED_ID.feed}/${version}/`;
  for await (const { key } of storage.list(prefix)) {
    if (parseManifestKey(key) !== undefined) return true;
  }
  return false;
}

/** Resolves at a random moment of a run: while it starts, or, mostly, while it works. */
async function momentOf(
  running: Running,
  random: SeededRandom,
  workMs: number,
): Promise<undefined> {
  if (random.next() < 0.8) await running.line("translating").catch(() => {});
  await delay(random.between(0, workMs * 1.1));
}

Deno.test("a reprocess that is killed thirty times gives what an undisturbed one gives", async () => {
  const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
  const random = new SeededRandom(seed);
  await using folder = new Folder();
  const { path } = folder;
  const storage = folderStorage(`${path}/data`);
  await fillRaw(storage);
  const workMs = [await timed(path, 1), await timed(path, 2)];
  const expected = await contentOf(storage, { ...FEED_ID, version: "whole1" });
  assert.deepEqual(await contentOf(storage, { ...FEED_ID, version: "whole2" }), expected);
  assert.deepEqual(Object.keys(expected.days), ["2026-08-01", "2026-08-02", "2026-08-03"]);

  let kills = 0;
  let resumed = 0;
  // The machine may be slower than when it was measured: lives that bring nothing are followed by longer ones.
  let slower = 1;
  for (let version = 1; kills < KILLS; version++) {
    // A version is tormented until it is done in spite of it; the next one follows.
    const name = `torn${version}`;
    for (let life = 0;; life++) {
      const parallel = 1 + (version + life) % 2;
      await using running = new Running(runArgs(path, name, parallel));
      const moment = () => momentOf(running, random, slower * (workMs[parallel - 1] ?? 0));
      const { ended: end } = running;
      const ended = await (kills < KILLS ? Promise.race([end, moment()]) : end);
      if (ended === undefined) {
        await running.stop("SIGKILL");
        kills++;
        if (!await hasDay(storage, name)) slower *= 1.2;
        continue;
      }
      assert.equal(ended.code, 0, ended.output);
      if (actions(ended.output).includes("keep")) resumed++;
      slower = 1;
      break;
    }
    assert.deepEqual(await contentOf(storage, { ...FEED_ID, version: name }), expected);
  }
  console.log(`${kills} kills; ${resumed} runs went on where another one had been killed`);
  assert.ok(resumed > 0);
  // There is no archive of these raw files but the versions: that is all that may be told.
  const { problems, output } = await verify(`${path}/data`);
  const others = problems.filter(({ message }) => !message.includes("the raw frames give"));
  assert.deepEqual(others, [], output);
  await storage.close();
  assert.deepEqual([...Deno.readDirSync(`${path}/temp`)], []);
});

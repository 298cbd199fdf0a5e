import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { folderStorage } from "@ssmd/storage";
import { SeededRandom } from "./crash_service.ts";
import { Folder, Running, runSsmd, verify } from "./_process.ts";
import { fillRaw, PLACE } from "./_raw_days.ts";
import { contentOf } from "./_versions.ts";

const KILLS = 30;

function runArgs(folder: string, version: string, parallel: number): string[] {
  return [
    ...["reprocess", "run", "--data", `${folder}/data`, "--feed", PLACE.feed, "--as", version],
    ...["--temp", `${folder}/temp`, "--parallel", String(parallel), "--output", "json"],
  ];
}

/** Days that a run kept and made; from what it printed. */
function actions(output: string): string[] {
  const from = output.indexOf("{\n");
  const end = output.lastIndexOf("\n}") + 2;
  return JSON.parse(output.slice(from, end)).days.map(({ action }: { action: string }) => action);
}

Deno.test("a reprocess that is killed thirty times gives what an undisturbed one gives", async () => {
  const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
  const random = new SeededRandom(seed);
  await using folder = new Folder();
  const { path } = folder;
  const storage = folderStorage(`${path}/data`);
  await fillRaw(storage);
  const startedMs = performance.now();
  const undisturbed = await runSsmd(runArgs(path, "whole", 1));
  const tookMs = performance.now() - startedMs;
  assert.equal(undisturbed.code, 0, undisturbed.output);
  const expected = await contentOf(storage, { ...PLACE, version: "whole" });
  assert.deepEqual(Object.keys(expected.days), ["2026-08-01", "2026-08-02", "2026-08-03"]);

  let kills = 0;
  let resumed = 0;
  for (let life = 1; kills < KILLS || life <= 2; life++) {
    // A version is tormented until it is done in spite of it; the next one follows.
    const version = `torn${life}`;
    const parallel = 1 + life % 2;
    for (;;) {
      await using running = new Running(runArgs(path, version, parallel));
      const ended = kills < KILLS
        ? await Promise.race([
          running.ended,
          delay(random.between(100, tookMs * 1.3)).then(() => undefined),
        ])
        : await running.ended;
      if (ended !== undefined) {
        assert.equal(ended.code, 0, ended.output);
        if (actions(ended.output).includes("keep")) resumed++;
        break;
      }
      await running.stop("SIGKILL");
      kills++;
    }
    assert.deepEqual(await contentOf(storage, { ...PLACE, version }), expected);
  }
  console.log(`${kills} kills; ${resumed} runs went on where another one had been killed`);
  assert.ok(kills >= KILLS);
  // There is no archive of these raw files but the versions: that is all that may be told.
  const { problems, output } = await verify(`${path}/data`);
  const others = problems.filter(({ message }) => !message.includes("the raw frames give"));
  assert.deepEqual(others, [], output);
  await storage.close();
  assert.deepEqual([...Deno.readDirSync(`${path}/temp`)], []);
});

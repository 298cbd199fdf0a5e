import assert from "node:assert/strict";
import { isSealedDay, loadManifest } from "@ssmd/archive";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { openDays } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { folderStorage } from "@ssmd/storage";
import { eventually, Folder, Running, RunningUp, runSsmd, verify } from "./_process.ts";
import { ENV, rawConnections, Rig } from "./_rig.ts";

const FEED = "kraken";
const DAY_MS = 86_400_000;

/** A finished archive of yesterday, whose trading day is active still; its label. */
async function activeYesterday(dataDir: string, env: string): Promise<string> {
  const day = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
  const storage = folderStorage(dataDir);
  await fillArchive(storage, env, day);
  await storage.close();
  using days = await openDays(dataDir, env);
  days.claim({ feed: FEED, day, to: "active", job: "start", nowUs: nowUs() });
  return day;
}

/** States of the feed's trading days, the newest first. */
async function statesOf(dataDir: string, env: string): Promise<string[]> {
  using days = await openDays(dataDir, env);
  return days.list({ feed: FEED }).map(({ state }) => state);
}

async function isSealed(dataDir: string, env: string, day: string): Promise<boolean> {
  const storage = folderStorage(dataDir);
  const manifest = await loadManifest(storage, { kind: "normalized", env, feed: FEED, day });
  await storage.close();
  return manifest !== undefined && manifest.files.every(isSealedDay);
}

Deno.test("a roll of a market that never closes breaks no connection, adds no gap and loses no frame", async () => {
  await using folder = new Folder();
  const dataDir = folder.path;
  const day = await activeYesterday(dataDir, ENV);
  await using rig = await Rig.start({ venues: [FEED], dataDir });
  await rig.allLive();
  const rolled = await runSsmd(["day", "roll", "--feed", FEED, "--env", ENV, "--data", dataDir], {
    cwd: rig.registry,
  });
  assert.equal(rolled.code, 0, rolled.output);
  assert.match(rolled.output, /another process runs the jobs of this folder/);
  assert.deepEqual(await statesOf(dataDir, ENV), ["active", "complete"]);
  assert.ok(await isSealed(dataDir, ENV, day));
  await rig.records(FEED);
  const { code } = await rig.up.stop();
  assert.equal(code, 0, rig.up.output);
  const said = rig.up.captured();
  assert.equal(said["gaps"], 0);
  assert.equal(said["archived"], said["records"]);
  assert.equal((await verify(dataDir)).code, 0);
  const sent = await rig.sent(FEED);
  assert.equal(sent.length, 1, "connections");
  // Those of yesterday's archive come first.
  const received = (await rawConnections(dataDir, FEED)).at(-1) ?? [];
  assert.equal(received.length, said["frames"]);
  assert.deepEqual(received, sent[0]?.slice(0, received.length));
});

/** Kills a capture and a roll in the middle of it; the label of the day, or undefined where it was over before. */
async function killedInRoll(dataDir: string): Promise<string | undefined> {
  const day = await activeYesterday(dataDir, "demo");
  await using up = new RunningUp(["--data", dataDir]);
  await up.url();
  await using roll = new Running(["day", "roll", "--feed", FEED, "--data", dataDir]);
  await eventually(
    "a roll that is under way",
    async () =>
      (await statesOf(dataDir, "demo")).some((state) => /^(ending|complete)$/.test(state)),
  );
  await Promise.all([up.stop("SIGKILL"), roll.stop("SIGKILL")]);
  return (await statesOf(dataDir, "demo")).includes("ending") ? day : undefined;
}

Deno.test("a day whose roll was killed together with its capture is completed by day recover", async () => {
  await using stack = new AsyncDisposableStack();
  let dataDir = "";
  let day: string | undefined;
  // A roll takes a moment: a machine with much to do may look when it is over.
  for (let tries = 0; day === undefined; tries++) {
    assert.ok(tries < 20, "no roll was seen under way");
    dataDir = stack.use(new Folder()).path;
    day = await killedInRoll(dataDir);
  }
  const recovered = await runSsmd(["day", "recover", "--data", dataDir]);
  assert.equal(recovered.code, 0, recovered.output);
  assert.deepEqual(await statesOf(dataDir, "demo"), ["active", "complete"]);
  assert.ok(await isSealed(dataDir, "demo", day));
  const again = await runSsmd(["up", "--port", "0", "--data", dataDir, "--for", "1s"]);
  assert.equal(again.code, 0, again.output);
  assert.equal((await verify(dataDir)).code, 0);
});

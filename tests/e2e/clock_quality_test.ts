import assert from "node:assert/strict";
import { type CaptureInfo, readRaw } from "@ssmd/archive";
import { folderStorage } from "@ssmd/storage";
import { eventually, Folder, RunningUp, runSsmd, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { contentOf } from "./_versions.ts";

const ENV = "rig";

/** A registry whose feed is captured at `lab`, where the clock is expected to be good to 100 µs. */
async function writeLab(folder: string): Promise<void> {
  await writeRegistry(folder, {
    ...{ name: ENV, simulatedRate: 200 },
    feeds: { kraken: { symbols: { BTCUSD: "BTC/USD" } } },
  });
  const feed = `${folder}/exchanges/feeds/kraken.yaml`;
  const locations =
    "capture_locations:\n  - { id: lab, clock_source: chrony, clock_accuracy_us: 100 }";
  await Deno.writeTextFile(feed, `${locations}\n`, { append: true });
  const environment = `${folder}/exchanges/environments/${ENV}.yaml`;
  const text = JSON.parse(await Deno.readTextFile(environment));
  await Deno.writeTextFile(environment, JSON.stringify({ ...text, location: "lab" }));
}

/** Captures for a while on a machine whose chrony tells this offset, in seconds. */
async function captureWith(folder: string, offset: string): Promise<void> {
  const line = `C0A80001,192.168.0.1,3,1.0,${offset},0.0,0.0,0.0,0.0,0.0,0.0,0.0,8.0,Normal`;
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  await Deno.writeTextFile(`${folder}/bin/chronyc`, `#!/bin/sh\necho ${line}\n`, { mode: 0o755 });
  await using up = new RunningUp(["--env", ENV], {
    cwd: folder,
    permissions: "-A",
    env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
  });
  const name = `ssmd_connector_messages_published_total{feed="kraken",type="trade"}`;
  await eventually("trades", async () => (await up.metric(name) ?? 0) >= 5);
  const { code, output } = await up.stop();
  assert.equal(code, 0, output);
}

async function ask(folder: string, ...args: string[]): Promise<string> {
  const { code, output } = await runSsmd([...args, "--env", ENV, "--data", `${folder}/data`], {
    cwd: folder,
  });
  assert.equal(code, 0, output);
  return output;
}

async function tradesOf(folder: string, ...flags: string[]): Promise<string[]> {
  const text = await ask(folder, "query", "trades", "--output", "ndjson", ...flags);
  return text.split("\n").filter((line) => line.startsWith("{"));
}

Deno.test("what was captured by a good clock and what by a bad one is told apart", async () => {
  await using folder = new Folder();
  await writeLab(folder.path);
  await captureWith(folder.path, "0.000040000");
  await captureWith(folder.path, "-0.000250000");

  const { code, output } = await runSsmd(["clock", "check", "--env", ENV, "--output", "json"], {
    ...{ cwd: folder.path, permissions: "-A" },
    env: { PATH: `${folder.path}/bin:${Deno.env.get("PATH")}` },
  });
  assert.equal(code, 1, output);
  assert.match(output, /"offset_us": 250,\s+"allowed_us": 100,/);

  const storage = await folderStorage(`${folder.path}/data`);
  const captures: CaptureInfo[] = [];
  for await (const { key } of storage.list(`raw/${ENV}/`)) {
    if (!key.endsWith(".zst")) continue;
    for await (const line of readRaw(storage, key)) {
      if (line.kind === "capture") captures.push(line.info);
    }
  }
  await storage.close();
  const good = { source: "chrony", status: "synchronized", offsetUs: -40 };
  const bad = {
    ...{ source: "chrony", status: "unsynchronized", offsetUs: 250 },
    why: "off by 250 µs, expected at lab: ±100 µs",
  };
  const statuses = new Set(captures.map(({ clock }) => JSON.stringify(clock)));
  assert.deepEqual(statuses, new Set([JSON.stringify(good), JSON.stringify(bad)]));
  assert.deepEqual(new Set(captures.map(({ location }) => location)), new Set(["lab"]));

  const { days } = JSON.parse(await ask(folder.path, "data", "quality", "--output", "json"));
  const clocks = days.flatMap((day: { clocks: { status: string }[] }) => day.clocks);
  const reported = new Set(clocks.map(({ status }: { status: string }) => status));
  assert.deepEqual(reported, new Set(["synchronized", "unsynchronized"]));

  const all = await tradesOf(folder.path);
  const timed = await tradesOf(folder.path, "--clock-status", "synchronized");
  const suspect = await tradesOf(folder.path, "--clock-status", "unsynchronized");
  assert.ok(timed.length > 0 && suspect.length > 0);
  assert.deepEqual([...timed, ...suspect].sort(), all.sort());
  assert.equal((await tradesOf(folder.path, "--clock-source", "ptp")).length, 0);
});

Deno.test("a bad clock is a gap in the records, which verify and reprocess find again", async () => {
  await using folder = new Folder();
  const { path } = folder;
  const data = ["--data", `${path}/data`];
  await writeLab(path);
  await captureWith(path, "0.000040000");
  await captureWith(path, "-0.000250000");
  await captureWith(path, "0.000020000");

  const { gaps } = JSON.parse(await ask(path, "data", "gaps", "--output", "json")) as {
    gaps: { reason: string; symbol: string; ended: string; detail: string }[];
  };
  const clock = gaps.filter(({ reason }) => reason === "clock");
  assert.equal(clock.length, 1, JSON.stringify(gaps));
  assert.match(JSON.stringify(clock[0]), /"_all".*recovered.*off by 250 µs, expected at lab/);

  const verdict = await verify(`${path}/data`);
  assert.ok(verdict.ok, verdict.output);
  await ask(path, "archive", "seal", "--force");
  const feed = ["--feed", "kraken"];
  await ask(path, "reprocess", "run", ...feed, "--as", "v2");
  const storage = folderStorage(`${path}/data`);
  const live = await contentOf(storage, { env: ENV, feed: "kraken", version: "v1" });
  const again = await contentOf(storage, { env: ENV, feed: "kraken", version: "v2" });
  await storage.close();
  assert.deepEqual(again, live);
  const sealed = await runSsmd(["archive", "verify", ...data]);
  assert.equal(sealed.code, 0, sealed.output);
});

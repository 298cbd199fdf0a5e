import assert from "node:assert/strict";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import {
  changedManifest,
  compareRecords,
  emptyManifest,
  loadManifest,
  type Manifest,
  type ManifestFile,
  manifestTimes,
  normalizedOf,
  parseNormalizedKey,
  readArchive,
  saveManifest,
  sealedKey,
  sha256Of,
} from "@ssmd/archive";
import {
  archiveOf,
  dead,
  ENV,
  FaultyStorage,
  optionsOf,
  publish,
  sequencesOf,
  START_US,
  upTo,
} from "@ssmd/archiver/testing";
import { createArchiver } from "@ssmd/archiver";
import { sealDay } from "./seal_day.ts";
import type { SealDayOptions } from "./seal_options.ts";

const DAY = "2026-08-01";
const RECORDS = 2700 * 5;
/** What is sealed again and again. */
const KILLED = 2700;
const TYPES = ["trade", "ticker", "gap"];
const TEMP = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(TEMP, { recursive: true }));

function options(storage: Storage): SealDayOptions {
  return {
    storage,
    env: ENV,
    feed: "kraken",
    day: DAY,
    tempDir: TEMP,
    software: { version: "0.1.0", commit: "abc1234" },
    nowUs: () => START_US + 86_400_000_000 * 2,
  };
}

/** Publishes records `from`…`to - 1` and lets an archiver write them, long after the day. */
async function archive(storage: Storage, from: number, to: number): Promise<void> {
  const transport = memoryTransport();
  const clock = () => START_US + 86_400_000_000 * 2;
  const archiver = createArchiver({ ...optionsOf(transport, storage), clock });
  await archiver.start();
  publish(transport, from, to);
  await archiver.close();
  await transport.close();
}

async function manifestOf(storage: Storage): Promise<Manifest> {
  const manifestId = { kind: "normalized", env: ENV, feed: "kraken", day: DAY } as const;
  const manifest = await loadManifest(storage, manifestId);
  assert.ok(manifest);
  return manifest;
}

/** Everything is there once, in one sealed object a type, and nothing else is in storage. */
async function assertSealed(storage: Storage, records: number): Promise<void> {
  const { manifests, events, orphans } = await archiveOf(storage);
  assert.deepEqual(sequencesOf(events), upTo(records));
  assert.deepEqual(orphans, []);
  const [manifest] = manifests;
  assert.ok(manifest);
  assert.deepEqual(manifest.files.map((file) => file.type).sort(), TYPES.toSorted());
  assert.ok(manifest.files.every((file) => file.sealed !== undefined));
  assert.equal(manifest.count, records);
  assert.equal(manifest.gaps.length, records / 100);
  assert.equal(manifest.retired, undefined);
}

/** All objects but what names a time in manifests. */
async function contentOf(storage: Storage): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { key } of storage.list("normalized/")) {
    const bytes = await storage.get(key);
    content[key] = key.endsWith(".parquet")
      ? bytes.toHex()
      : new TextDecoder().decode(bytes).replaceAll(/"(updatedAt|writtenAt|sha256)": ?"[^"]*"/g, "");
  }
  return content;
}

Deno.test("a sealed day has each record once, in one object a type; sealing again does nothing", async () => {
  const storage = memoryStorage();
  await archive(storage, 0, RECORDS);
  const before = await manifestOf(storage);
  const report = await sealDay(options(storage));
  assert.equal(report.state, "sealed");
  assert.deepEqual(report.types.map((each) => each.type), ["trade", "ticker", "gap"]);
  assert.equal(report.types.reduce((sum, each) => sum + each.records, 0), RECORDS);
  await assertSealed(storage, RECORDS);
  const after = await manifestOf(storage);
  assert.deepEqual(after.positions, before.positions);
  assert.deepEqual(after.gaps, before.gaps);
  assert.deepEqual([after.status, after.quality], [before.status, before.quality]);
  const [trades] = after.files;
  assert.ok(trades);
  assert.equal(trades.sealed?.symbols, 2);
  assert.equal(trades.processing?.processor, "archive seal");
  const content = await contentOf(storage);
  assert.equal((await sealDay(options(storage))).state, "already");
  assert.deepEqual(await contentOf(storage), content);
});

Deno.test("a kill before or after any action of storage changes nothing of the result", async () => {
  const undisturbed = memoryStorage();
  await archive(undisturbed, 0, KILLED);
  await sealDay(options(undisturbed));
  const expected = await contentOf(undisturbed);
  let kills = 0;
  for (let fatal = 1, alive = true; alive; fatal++) {
    for (const when of ["before", "after"]) {
      const faulty = new FaultyStorage(memoryStorage());
      await archive(faulty, 0, KILLED);
      dieAt(faulty, fatal, when === "after");
      const killed = await sealDay(options(faulty)).then(() => false, () => true);
      revive(faulty);
      // At every moment each record is there once, whatever is left over beside.
      assert.deepEqual(sequencesOf((await archiveOf(faulty)).events), upTo(KILLED));
      alive = killed || when === "before";
      if (!killed) continue;
      kills++;
      await sealDay(options(faulty));
      await assertSealed(faulty, KILLED);
      assert.deepEqual(await contentOf(faulty), expected, `killed ${when} action ${fatal}`);
    }
  }
  assert.ok(kills > 50, `${kills} kills`);
});

/** From its action number `fatal` on, or behind it, the storage answers no more. */
function dieAt(storage: FaultyStorage, fatal: number, behind: boolean): void {
  let actions = 0;
  storage.before = () => {
    if (++actions > fatal || actions === fatal && !behind) throw dead();
  };
  storage.after = () => {
    if (actions >= fatal) throw dead();
  };
}

function revive(storage: FaultyStorage): void {
  storage.before = storage.after = () => {};
}

Deno.test("late records make windows beside a sealed day, and sealing again takes them in", async () => {
  const storage = memoryStorage();
  await archive(storage, 0, 2700);
  await sealDay(options(storage));
  await archive(storage, 2700, RECORDS);
  const { files } = await manifestOf(storage);
  const windows = files.filter((file) => file.sealed === undefined).map((file) => file.key);
  assert.ok(windows.length > 0);
  for (const key of windows) {
    assert.ok((parseNormalizedKey(key)?.part ?? 0) > 1, `${key} has a name that no window had`);
  }
  assert.deepEqual(sequencesOf((await archiveOf(storage)).events), upTo(RECORDS));
  await sealDay(options(storage));
  await assertSealed(storage, RECORDS);
  const undisturbed = memoryStorage();
  await archive(undisturbed, 0, RECORDS);
  await sealDay(options(undisturbed));
  const frames = async (each: Storage) => Object.values(await contentOf(each)).slice(1).sort();
  assert.deepEqual(
    (await frames(storage)).filter((text) => !text.startsWith("{")),
    (await frames(undisturbed)).filter((text) => !text.startsWith("{")),
  );
});

Deno.test("an archiver that writes the day while it is sealed loses nothing and brings nothing back", async () => {
  const storage = memoryStorage();
  const transport = memoryTransport();
  const archiver = createArchiver(optionsOf(transport, storage));
  await archiver.start();
  for (let from = 0; from < RECORDS; from += 2700) {
    publish(transport, from, from + 2700);
    const [sealed] = await Promise.all([
      from === 0 ? undefined : sealDay({ ...options(storage), force: true }),
      archiver.flush(),
    ]);
    assert.ok(from === 0 || sealed?.state === "sealed");
    const { events } = await archiveOf(storage);
    assert.deepEqual(sequencesOf(events), upTo(from + 2700));
  }
  await archiver.close();
  await transport.close();
  await sealDay(options(storage));
  await assertSealed(storage, RECORDS);
});

Deno.test("a damaged window stops the sealing with its name and place; nothing is changed", async () => {
  const storage = memoryStorage();
  await archive(storage, 0, RECORDS);
  const key = (await manifestOf(storage)).files.at(-1)?.key ?? "";
  const bytes = await storage.get(key);
  bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
  await storage.put(key, bytes);
  await assert.rejects(sealDay(options(storage)), (error: { code: string; message: string }) => {
    assert.equal(error.code, "ARCHIVE_DAMAGED");
    return error.message.startsWith(`${key} is damaged at byte `);
  });
  const { files } = await manifestOf(storage);
  assert.ok(files.some((file) => file.key === key));
});

Deno.test("a day that is not over is refused unless forced; a dry run changes nothing", async () => {
  const storage = memoryStorage();
  await archive(storage, 0, 2700);
  const content = await contentOf(storage);
  const today = { ...options(storage), nowUs: () => START_US };
  await assert.rejects(sealDay(today), { code: "DAY_NOT_OVER" });
  const report = await sealDay({ ...today, force: true, dryRun: true });
  assert.equal(report.types.length, 3);
  assert.ok(report.types.every((each) => each.sealed === undefined && each.files > 0));
  assert.deepEqual(await contentOf(storage), content);
  assert.equal((await sealDay({ ...today, day: "2026-08-02", force: true })).state, "absent");
  assert.equal((await sealDay({ ...today, force: true })).state, "sealed");
});

Deno.test("a sealed day of the former form is read, and the next sealing makes it Parquet", async () => {
  const storage = memoryStorage();
  const bytes = await Deno.readFile(
    new URL("../../lib/archive/testdata/day_schema_v1.capnp.zst", import.meta.url),
  );
  const manifestId = {
    kind: "normalized",
    env: "test",
    feed: "kraken",
    day: "2026-08-01",
  } as const;
  const key = sealedKey({ ...manifestId, type: "trade" }).replace(".parquet", ".capnp.zst");
  await storage.put(key, bytes);
  const records = [...normalizedOf(bytes, key).records];
  const times = records.map(({ receivedAtUs }) => receivedAtUs);
  const sequences = records.map(({ sequence }) => sequence);
  const file: ManifestFile = {
    ...{ key, type: "trade", count: records.length, bytes: bytes.length, sha256: sha256Of(bytes) },
    ...manifestTimes(Math.min(...times), Math.max(...times)),
    sequence: { first: Math.min(...sequences), last: Math.max(...sequences) },
    sealed: { symbols: 34, indexBytes: 700, indexSha256: "0".repeat(64) },
  };
  const change = { files: [file], writtenBy: "0.0.1+abc", nowUs: START_US };
  await saveManifest(storage, changedManifest(emptyManifest(manifestId), change));
  const read = async () => {
    const found = [];
    for await (const batch of readArchive(storage, { env: "test", feed: "kraken" })) {
      found.push(...batch);
    }
    return found;
  };
  const expected = records.toSorted(compareRecords);
  assert.deepEqual(await read(), expected);
  const report = await sealDay({
    ...options(storage),
    env: "test",
    day: manifestId.day,
    force: true,
  });
  assert.equal(report.state, "sealed");
  assert.deepEqual(await read(), expected);
  const keys = (await Array.fromAsync(storage.list("normalized/"))).map((each) => each.key);
  assert.deepEqual(keys, [
    "normalized/test/kraken/v1/2026/08/01/manifest.json",
    "normalized/test/kraken/v1/trade/2026/08/01/day.parquet",
  ]);
});

import assert from "node:assert/strict";
import {
  changedManifest,
  loadManifest,
  openManifest,
  parsePosition,
  rawLinesOf,
  saveManifest,
  sha256Of,
} from "@ssmd/archive";
import { silentLogger, StorageError } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, type Publisher, type Transport } from "@ssmd/transport";
import { RawFiles } from "./raw_files.ts";
import { ENV } from "./testing/connector_rig.ts";
import { MINUTE_US, RunWriter, START_US } from "./testing/run_writer.ts";

const FEED_DAY = { env: ENV, feed: "fake", day: "2026-08-01" } as const;

interface Made {
  storage?: Storage;
  transport?: Transport;
  acknowledgedId?: () => string;
  bytesMax?: number;
  closeMsMax?: number;
}

function rawFiles({ storage, transport, acknowledgedId, bytesMax, closeMsMax }: Made = {}) {
  const bus = transport ?? memoryTransport();
  const publisher = { acknowledgedId: "" } as Publisher;
  if (acknowledgedId) Object.defineProperty(publisher, "acknowledgedId", { get: acknowledgedId });
  const lost: number[] = [];
  const files = new RawFiles({
    ...{ env: ENV, feed: "fake", transport: bus, publisher, logger: silentLogger },
    storage: storage ?? memoryStorage(),
    onLost: () => lost.push(1),
    ...(bytesMax === undefined ? {} : { bytesMax }),
    ...(closeMsMax === undefined ? {} : { closeMsMax }),
  });
  return { files, lost };
}

const DURABLE = { ...memoryTransport(), durable: true } as Transport;

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A run of three minutes with three trades each. */
async function threeMinutes(dir: string, run = "m1"): Promise<RunWriter> {
  const writer = new RunWriter(dir, run);
  for (const minute of [0, 1, 2]) {
    await writer.trades(START_US + minute * MINUTE_US, minute * 3, minute * 3 + 3);
  }
  await writer.end();
  return writer;
}

async function segmentsIn(dir: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
  return names.filter((name) => name.endsWith(".log")).sort();
}

/** The archive says that it holds a run up to a record. */
async function archived(storage: Storage, id: string): Promise<void> {
  const position = parsePosition(id)!;
  const manifest = await openManifest(storage, { kind: "normalized", ...FEED_DAY });
  const positions = { [position.run]: `${position.frame}-${position.index}` };
  const change = { positions, writtenBy: "test", nowUs: START_US };
  await saveManifest(storage, changedManifest(manifest, change));
}

Deno.test("segments stay until the end of their run is noted", () =>
  inFolder(async (dir) => {
    const kept = async (letsGo: boolean) => {
      const writer = await threeMinutes(dir);
      const { files } = rawFiles({ transport: DURABLE, acknowledgedId: () => "m2-1-0" });
      files.hold();
      for (const { segment, given } of writer.closed) files.add(segment, given);
      if (letsGo) files.letGo();
      await files.close();
      return (await segmentsIn(dir)).length;
    };
    assert.equal(await kept(false), 3);
    assert.equal(await kept(true), 0);
  }));

Deno.test("a segment whose folder is away when it is closed is written once it is back", () =>
  inFolder(async (dir) => {
    const spool = `${dir}/spool`;
    await Deno.mkdir(spool);
    const writer = await threeMinutes(spool);
    const storage = memoryStorage();
    const { files } = rawFiles({ storage, transport: DURABLE, acknowledgedId: () => "m2-1-0" });
    await Deno.rename(spool, `${dir}/away`);
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await Deno.rename(`${dir}/away`, spool);
    await files.close();
    const manifest = await loadManifest(storage, { kind: "raw", ...FEED_DAY });
    assert.equal(manifest?.files.length, 3);
    assert.deepEqual(await segmentsIn(spool), []);
  }));

Deno.test("a segment that somebody deleted is told as lost, and later ones are written", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const storage = memoryStorage();
    const made = { storage, transport: DURABLE, acknowledgedId: () => "m2-1-0" };
    const { files, lost } = rawFiles(made);
    await Deno.writeTextFile(`${dir}/lock`, "");
    await Deno.remove(writer.closed[0]!.segment.path);
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    const manifest = await loadManifest(storage, { kind: "raw", ...FEED_DAY });
    assert.deepEqual(manifest?.files.map(({ sequence }) => sequence?.first), [4, 7]);
    assert.equal(lost.length, 1);
    assert.deepEqual(await segmentsIn(dir), []);
  }));

Deno.test("a segment that cannot be deleted now is deleted later, before later ones", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const { files } = rawFiles({ transport: DURABLE, acknowledgedId: () => "m2-1-0" });
    const { removeSync } = Deno;
    Deno.removeSync = () => {
      throw new Deno.errors.PermissionDenied();
    };
    try {
      for (const { segment, given } of writer.closed) files.add(segment, given);
      await files.close();
    } finally {
      Deno.removeSync = removeSync;
    }
    assert.equal((await segmentsIn(dir)).length, 3);
    await files.close();
    assert.deepEqual(await segmentsIn(dir), []);
  }));

Deno.test("a storage that never answers does not keep the raw files from closing", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const memory = memoryStorage();
    const silent = new Promise<never>(() => {});
    const storage = Object.assign(Object.create(memory), { put: () => silent }) as Storage;
    const { files } = rawFiles({ storage, closeMsMax: 50 });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 3, "the next start writes them");
  }));

Deno.test("a storage that fails now and then while it closes gets every raw file", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const memory = memoryStorage();
    let calls = 0;
    const put: Storage["put"] = (key, data) =>
      ++calls % 3 > 0
        ? Promise.reject(new StorageError("STORAGE_FAILED", "Busy", { retryable: true }))
        : memory.put(key, data);
    const storage = Object.assign(Object.create(memory), { put }) as Storage;
    const { files } = rawFiles({ storage, transport: DURABLE, acknowledgedId: () => "m2-1-0" });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.deepEqual(await segmentsIn(dir), []);
    const manifest = await loadManifest(memory, { kind: "raw", ...FEED_DAY });
    assert.equal(manifest?.files.length, 3);
  }));

Deno.test("a segment goes when its raw files stand and a bus that keeps them has its records", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    let acknowledgedId = "";
    const storage = memoryStorage();
    const made = { storage, transport: DURABLE, acknowledgedId: () => acknowledgedId };
    const { files } = rawFiles(made);
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 3);
    acknowledgedId = writer.ids[5]!;
    await files.close();
    assert.deepEqual(await segmentsIn(dir), ["m1-000000000007.log"]);
    acknowledgedId = "m2-1-0";
    await files.close();
    assert.deepEqual(await segmentsIn(dir), []);
    const manifest = await loadManifest(storage, { kind: "raw", ...FEED_DAY });
    assert.deepEqual(manifest?.files.map(({ sequence }) => sequence), [
      { first: 1, last: 3 },
      { first: 4, last: 6 },
      { first: 7, last: 9 },
    ]);
  }));

Deno.test("where the bus keeps nothing a segment goes when the archive has its records", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const storage = memoryStorage();
    const { files } = rawFiles({ storage });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 3);
    await archived(storage, writer.ids[4]!);
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 2);
    await archived(storage, writer.ids[8]!);
    await files.close();
    assert.deepEqual(await segmentsIn(dir), []);
  }));

Deno.test("segments go oldest first: what is left of a run is its end", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const inner = memoryStorage();
    let refused = "";
    const storage = {
      ...inner,
      list: (prefix: string) => inner.list(prefix),
      get: (key: string) => inner.get(key),
      put: (key: string, data: Uint8Array) =>
        key.includes(refused)
          ? Promise.reject(new StorageError("STORAGE_FULL", "full", {}))
          : inner.put(key, data),
    } as Storage;
    const { files } = rawFiles({ storage, transport: DURABLE, acknowledgedId: () => "m2-1-0" });
    refused = "02/53-m1-1";
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 3);
    refused = "never";
    await files.close();
    assert.equal((await segmentsIn(dir)).length, 0);
  }));

Deno.test("a process that dies between a raw file and its manifest leaves nothing twice", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const inner = memoryStorage();
    let dead = true;
    const storage = {
      ...inner,
      list: (prefix: string) => inner.list(prefix),
      get: (key: string) => inner.get(key),
      replace: (key: string, data: Uint8Array, seen: Uint8Array | undefined) =>
        dead ? Promise.reject(new Error()) : inner.replace?.(key, data, seen),
    } as Storage;
    const first = rawFiles({ storage, transport: DURABLE });
    for (const { segment, given } of writer.closed) first.files.add(segment, given);
    await first.files.close();
    assert.equal(await loadManifest(inner, { kind: "raw", ...FEED_DAY }), undefined);
    dead = false;
    for (let life = 0; life < 2; life++) {
      const { files } = rawFiles({ storage, transport: DURABLE });
      for (const { segment, given } of writer.closed) files.add(segment, given);
      await files.close();
    }
    const manifest = await loadManifest(inner, { kind: "raw", ...FEED_DAY });
    const keys = manifest?.files.map(({ key }) => key);
    const objects = await Array.fromAsync(inner.list("raw/"), ({ key }) => key);
    assert.deepEqual(objects.filter((key) => !key.endsWith("manifest.json")), keys);
    assert.equal(manifest?.count, 9);
    for (const { key, sha256 } of manifest.files) {
      assert.equal(sha256Of(await inner.get(key)), sha256);
    }
  }));

Deno.test("connectors of one feed that write at once lose no file from the manifest", async () => {
  const storage = memoryStorage();
  const runs = ["m1", "m2", "m3"];
  const dirs = await Promise.all(runs.map(() => Deno.makeTempDir()));
  await Promise.all(runs.map(async (run, i) => {
    const writer = await threeMinutes(dirs[i]!, run);
    const { files } = rawFiles({ storage, transport: DURABLE });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
  }));
  const manifest = await loadManifest(storage, { kind: "raw", ...FEED_DAY });
  const named = manifest?.files.map(({ key }) => key).sort();
  const objects = await Array.fromAsync(storage.list("raw/"), ({ key }) => key);
  assert.deepEqual(named, objects.filter((key) => !key.endsWith("manifest.json")));
  assert.equal(manifest?.count, 27);
  assert.deepEqual(manifest.positions, { m1: "9-0", m2: "9-0", m3: "9-0" });
  for (const dir of dirs) await Deno.remove(dir, { recursive: true });
});

Deno.test("a minute that comes twice, as the clock was set back, gets a second file", () =>
  inFolder(async (dir) => {
    const writer = new RunWriter(dir, "m1");
    await writer.trades(START_US + 58_000_000, 0, 3);
    await writer.trades(START_US + 59_000_000, 3, 4);
    await writer.end();
    const storage = memoryStorage();
    const { files } = rawFiles({ storage, transport: DURABLE });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    const { files: named = [] } = await loadManifest(storage, { kind: "raw", ...FEED_DAY }) ?? {};
    assert.deepEqual(
      named.map(({ key, count }) => [key.slice(-21), count]),
      [
        ["53-m1-1.jsonl.zst", 2],
        ["54-m1-1.jsonl.zst", 1],
        ["53-m1-1.2.jsonl.zst", 1],
      ].map(([key, count]) => [`raw/test/fake/2026/08/01/02/${key}`.slice(-21), count]),
    );
    const lines = [...rawLinesOf(await storage.get(named[2]!.key), "")];
    assert.ok(lines[0]?.kind === "capture" && lines[0].info.linesBefore === 3);
  }));

Deno.test("over its limit the spool gives up the oldest segments, and says so", () =>
  inFolder(async (dir) => {
    const writer = await threeMinutes(dir);
    const bytes = writer.closed.reduce((sum, { segment }) => {
      return sum + Deno.statSync(segment.path).size;
    }, 0);
    const inner = memoryStorage();
    const storage = { ...inner, put: () => Promise.reject(new Error()) } as unknown as Storage;
    const { files, lost } = rawFiles({ storage, bytesMax: bytes - 1 });
    for (const { segment, given } of writer.closed) files.add(segment, given);
    await files.close();
    assert.equal(lost.length, 1);
    assert.deepEqual(await segmentsIn(dir), ["m1-000000000004.log", "m1-000000000007.log"]);
  }));

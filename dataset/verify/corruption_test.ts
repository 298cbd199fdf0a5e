import assert from "node:assert/strict";
import { ArchiveError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import {
  loadManifest,
  type ManifestFile,
  parseManifestKey,
  type RawLine,
  readArchive,
  streamRaw,
} from "@ssmd/archive";
import { sealDay } from "@ssmd/dataset/seal";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { FEED_DAY, fillArchive } from "../testing/archive_fixtures.ts";
import { verifyArchive } from "./verify.ts";

const PLACES = 200;
const SEED = Number(Deno.env.get("SSMD_SEED") ?? Date.now() % 1_000_000_007);

/** A small generator of numbers, so that a failure can be had again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

async function windows(): Promise<Storage> {
  const storage = memoryStorage();
  await fillArchive(storage);
  return storage;
}

async function sealed(): Promise<Storage> {
  const storage = await windows();
  const tempDir = await Deno.makeTempDir();
  await sealDay({
    ...{ storage, ...FEED_DAY, tempDir, force: true },
    software: { version: "0.1.0", commit: "abc1234" },
    nowUs: () => 1,
  });
  await Deno.remove(tempDir, { recursive: true });
  return storage;
}

async function keysOf(storage: Storage, pattern: RegExp): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list("")) if (pattern.test(key)) keys.push(key);
  return keys;
}

/** What is read of the normalized records before reading ends, well or not. */
async function recordsOf(
  storage: Storage,
  types?: readonly MarketEvent["type"][],
): Promise<{ records: string[]; error: unknown }> {
  const records: string[] = [];
  const { env, feed } = FEED_DAY;
  try {
    const query = { env, feed, ...(types === undefined ? {} : { types }) };
    for await (const batch of readArchive(storage, query)) {
      for (const event of batch) records.push(JSON.stringify(event));
    }
    return { records, error: undefined };
  } catch (error) {
    return { records, error };
  }
}

async function linesOf(
  storage: Storage,
  file: ManifestFile,
): Promise<{ lines: RawLine[]; error: unknown }> {
  const lines: RawLine[] = [];
  try {
    for await (const each of streamRaw(storage, file)) lines.push(...each);
    return { lines, error: undefined };
  } catch (error) {
    return { lines, error };
  }
}

/** The error must name the object, and where in it the damage is, unless only its hash tells. */
function assertNamed(error: unknown, key: string, what: string): void {
  assert.ok(error instanceof ArchiveError, `${what}: ${error ?? "Nothing was noticed"}`);
  assert.ok(error.message.includes(key), `${what}: ${error.message}`);
  const isManifest = key.endsWith("manifest.json");
  if (!isManifest) assert.match(error.message, /byte \d+|record \d+|line \d+|SHA-256/, what);
}

interface Kind {
  name: string;
  archive: () => Promise<Storage>;
  pattern: RegExp;
}

const KINDS: readonly Kind[] = [
  { name: "raw", archive: windows, pattern: /^raw\/.*\.zst$/ },
  { name: "window", archive: windows, pattern: /^normalized\/.*\.zst$/ },
  { name: "sealed", archive: sealed, pattern: /\.parquet$/ },
  { name: "manifest", archive: sealed, pattern: /manifest\.json$/ },
];

Deno.test(`a bit flipped or a byte cut at ${PLACES} places is always found, never served, and named`, async () => {
  console.log(`SSMD_SEED=${SEED}`);
  const random = randomOf(SEED);
  const archives = new Map<string, { storage: Storage; truth: string[] }>();
  for (const { name, archive } of KINDS) {
    const storage = await archive();
    const { records, error } = await recordsOf(storage);
    assert.equal(error, undefined);
    archives.set(name, { storage, truth: records });
  }
  for (let offset = 0; offset < PLACES; offset++) {
    const kind = KINDS[offset % KINDS.length] as Kind;
    const { storage, truth } = archives.get(kind.name) ?? { storage: memoryStorage(), truth: [] };
    const keys = await keysOf(storage, kind.pattern);
    const key = keys[random(keys.length)] ?? "";
    const whole = await storage.get(key);
    const at = random(whole.length);
    const bit = random(9) - 1;
    const what = `${kind.name} ${key}, ${bit < 0 ? "cut" : `bit ${bit}`} at ${at}, seed ${SEED}`;
    await storage.put(key, harmed(whole, at, bit));
    await assertFound(storage, key, whole, truth, what);
    await storage.put(key, whole);
  }
});

function harmed(whole: Uint8Array, at: number, bit: number): Uint8Array {
  if (bit < 0) return Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(at + 1)]);
  const bytes = whole.slice();
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return bytes;
}

async function assertFound(
  storage: Storage,
  key: string,
  whole: Uint8Array,
  truth: readonly string[],
  what: string,
): Promise<void> {
  const { problems } = await verifyArchive(storage);
  assert.ok(problems.some(({ message }) => message.includes(key)), `verify: ${what}`);
  const manifestId = parseManifestKey(key);
  if (manifestId !== undefined) {
    const error = await loadManifest(storage, manifestId).then(() => undefined, (error) => error);
    assertNamed(error, key, what);
  }
  if (key.startsWith("raw/")) {
    if (manifestId === undefined) await assertRaw(storage, key, whole, what);
    return;
  }
  const { records, error } = await recordsOf(storage);
  assertNamed(error, key, what);
  assert.deepEqual(records, truth.slice(0, records.length), `what is served is true: ${what}`);
  if (manifestId !== undefined) return;
  // Records of the other type lie in other objects: all of them are still there.
  const other = key.includes("/trade/") ? "gap" : "trade";
  const intact = await recordsOf(storage, [other]);
  assert.equal(intact.error, undefined, what);
  assert.deepEqual(intact.records, truth.filter((text) => text.includes(`"type":"${other}"`)));
}

async function assertRaw(
  storage: Storage,
  key: string,
  whole: Uint8Array,
  what: string,
): Promise<void> {
  const manifest = await loadManifest(storage, { kind: "raw", ...FEED_DAY });
  const file = manifest?.files.find((each) => each.key === key);
  assert.ok(file);
  const { lines, error } = await linesOf(storage, file);
  assertNamed(error, key, what);
  const intact = memoryStorage();
  await intact.put(key, whole);
  const truth = await linesOf(intact, file);
  assert.deepEqual(lines, truth.lines.slice(0, lines.length), `what is served is true: ${what}`);
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { ArchiveError } from "@ssmd/runtime";
import type { MarketEvent } from "@ssmd/market";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { type ArchiveCorruption, manifestKey, readArchive } from "../mod.ts";
import {
  FEED_ID,
  inOrder,
  MIDNIGHT_US,
  MINUTE_US,
  readAll,
  record,
  sealDay,
  writeWindows,
} from "./_fixtures.ts";

const DAY = "2026-08-01";
const TEMP = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(TEMP, { recursive: true }));

/** Trades of three markets in files of several frames, and a ticker a second. */
const EVENTS = inOrder([
  ...Array.from(
    { length: 9_000 },
    (_, i) =>
      record("trade", ["AUSD", "BUSD", "CUSD"][i % 3] ?? "", MIDNIGHT_US + i * 20_000, i + 1),
  ),
  ...Array.from(
    { length: 180 },
    (_, i) => record("ticker", "AUSD", MIDNIGHT_US + i * 1_000_000 + 7, i + 1),
  ),
]);

async function windows(): Promise<Storage> {
  const storage = memoryStorage();
  await writeWindows(storage, EVENTS);
  return storage;
}

async function sealed(): Promise<Storage> {
  const storage = await windows();
  const trades = EVENTS.filter(({ type }) => type === "trade");
  await sealDay(storage, "trade", DAY, trades, TEMP);
  return storage;
}

/** What is read up to the error, if there is one. */
async function readUntil(storage: Storage): Promise<{ found: MarketEvent[]; error: unknown }> {
  const found: MarketEvent[] = [];
  try {
    for await (const batch of readArchive(storage, FEED_ID)) found.push(...batch);
    return { found, error: undefined };
  } catch (error) {
    return { found, error };
  }
}

async function keyOf(storage: Storage, part: RegExp): Promise<string> {
  for await (const { key } of storage.list("")) if (part.test(key)) return key;
  throw new assert.AssertionError({ message: `no key like ${part}` });
}

for (
  const [name, archive, part] of [
    ["window", windows, /trade.*00-01\.capnp/],
    ["sealed day", sealed, /trade.*day\.parquet/],
  ] as const
) {
  Deno.test(`a ${name} with a changed bit or a lost byte is read up to there and told`, async () => {
    const whole = await archive();
    const key = await keyOf(whole, part);
    const bytes = await whole.get(key);
    const change = fc.record({
      at: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: bytes.length - 1 })),
      bit: fc.option(fc.nat({ max: 7 })),
    });
    const property = fc.asyncProperty(change, async ({ at, bit }) => {
      const changed = bit === null ? bytes.slice(0, at) : bytes.slice();
      if (bit !== null) changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      await whole.put(key, changed);
      const { found, error } = await readUntil(whole);
      assert.ok(error instanceof ArchiveError && error.code === "ARCHIVE_DAMAGED");
      assert.equal(error.context["key"], key);
      assert.ok(Number.isInteger(error.context["offset"]), "the error names a byte");
      assert.ok(error.message.includes(key));
      // All that is before the damage, in the order of reading.
      assert.deepEqual(found, EVENTS.slice(0, found.length));
      await assertGoesOn(whole);
    });
    await fc.assert(property, { numRuns: 40 });
  });
}

/** Reading behind the damage: what was read and what is told to be missing is all there was. */
async function assertGoesOn(storage: Storage): Promise<void> {
  const corruptions: ArchiveCorruption[] = [];
  const found = await readAll(storage, {}, {
    onCorruption: (corruption) => corruptions.push(corruption),
  });
  const gaps = found.filter(({ type }) => type === "gap");
  assert.deepEqual(gaps, corruptions.map(({ gap }) => gap));
  const missed = corruptions.reduce((sum, { gap }) => sum + (gap.missed ?? NaN), 0);
  assert.equal(found.length - gaps.length + missed, EVENTS.length);
  const known = new Set(EVENTS.map((event) => JSON.stringify(event)));
  for (const event of found) {
    if (event.type !== "gap") assert.ok(known.has(JSON.stringify(event)));
  }
  assert.ok(
    found.every(({ receivedAtUs }, i) => receivedAtUs >= (found[i - 1]?.receivedAtUs ?? 0)),
  );
}

Deno.test("a file that is not there is told at its place, and passed over when that is wanted", async () => {
  const storage = await windows();
  const key = await keyOf(storage, /trade.*00-01\.capnp/);
  await storage.delete(key);
  const { found, error } = await readUntil(storage);
  assert.ok(error instanceof ArchiveError);
  assert.deepEqual([error.code, error.context["key"]], ["FILE_MISSING", key]);
  assert.deepEqual(found, EVENTS.filter(({ receivedAtUs: us }) => us < MIDNIGHT_US + MINUTE_US));
  await assertGoesOn(storage);
});

Deno.test("a gap of the archive tells reason, span, count and file", async () => {
  const storage = await windows();
  const key = await keyOf(storage, /trade.*00-01\.capnp/);
  await storage.put(key, (await storage.get(key)).slice(0, -1));
  const corruptions: ArchiveCorruption[] = [];
  const onCorruption = (corruption: ArchiveCorruption) => void corruptions.push(corruption);
  const found = await readAll(storage, { types: ["trade"] }, { onCorruption });
  const gap = corruptions[0]?.gap;
  assert.equal(corruptions.length, 1);
  assert.deepEqual([gap?.symbol, gap?.reason, gap?.recovered], ["_all", "checksum", false]);
  assert.equal(gap?.missed, 9_000 - found.length);
  assert.ok(gap.fromUs > MIDNIGHT_US + MINUTE_US && gap.toUs < MIDNIGHT_US + 2 * MINUTE_US);
  assert.match(gap.detail, /cannot be read whole: normalized\/test\/.* is damaged at byte \d+/);
  assert.ok(found.every(({ type }) => type === "trade"), "gaps were not asked for");
});

Deno.test("a day whose manifest is damaged is told, and other days are read", async () => {
  const storage = await windows();
  const next = record("trade", "AUSD", MIDNIGHT_US + 24 * 60 * MINUTE_US, 1);
  await writeWindows(storage, [next]);
  const key = manifestKey({ kind: "normalized", ...FEED_ID, day: DAY });
  await storage.put(key, (await storage.get(key)).slice(1));
  await assert.rejects(readAll(storage), { code: "MANIFEST_DAMAGED" });
  const corruptions: ArchiveCorruption[] = [];
  const found = await readAll(storage, {}, {
    onCorruption: (corruption) => corruptions.push(corruption),
  });
  assert.deepEqual(found, [corruptions[0]?.gap, next]);
  assert.equal(corruptions[0]?.gap.missed, null);
});

Deno.test("another file under the same key is never taken for the one that the manifest names", async () => {
  const storage = await windows();
  const first = await keyOf(storage, /trade.*00-00\.capnp/);
  const second = await keyOf(storage, /trade.*00-01\.capnp/);
  await storage.put(second, await storage.get(first));
  await assert.rejects(readAll(storage), {
    code: "ARCHIVE_DAMAGED",
    message: /00-01\.capnp\.zst is damaged: it (has \d+ bytes|does not have the SHA-256)/,
  });
});

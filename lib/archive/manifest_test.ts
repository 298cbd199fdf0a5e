import assert from "node:assert/strict";
import fc from "fast-check";
import { memoryStorage } from "@ssmd/storage";
import {
  changedManifest,
  changeManifest,
  emptyManifest,
  formatManifest,
  isDayOver,
  loadManifest,
  type Manifest,
  type ManifestFile,
  type ManifestGap,
  manifestKey,
  manifestTimes,
  parseManifest,
  saveManifest,
  usOfDay,
} from "./mod.ts";

const DAY = "2026-08-01";
const START_US = usOfDay(DAY) + 3_600_000_000;
const HOUR_US = 3_600_000_000;
const FEED_ID = { kind: "normalized", env: "test", feed: "kraken", day: DAY } as const;

function file(key: string, fromUs: number, toUs: number): ManifestFile {
  return {
    key,
    type: "trade",
    count: 10,
    bytes: 100,
    sha256: "a".repeat(64),
    ...manifestTimes(fromUs, toUs),
    sequence: { first: 1, last: 10 },
    stream: { first: 5, last: 20 },
  };
}

function gap(symbol: string, fromUs: number, toUs: number): ManifestGap {
  return {
    symbol,
    reason: "disconnect",
    receivedAt: `${fromUs}000`,
    from: `${fromUs}000`,
    to: toUs === 0 ? "0" : `${toUs}000`,
    time: "",
    missed: null,
    recovered: toUs !== 0,
    detail: "",
  };
}

function sample(gaps: ManifestGap[] = [], symbols = 4): Manifest {
  return changedManifest(emptyManifest(FEED_ID), {
    files: [file("a", START_US, START_US + HOUR_US), file("b", START_US, START_US + 2 * HOUR_US)],
    gaps,
    symbols,
    positions: { m1: "12-0" },
    writtenBy: "0.1.0+abc1234",
    nowUs: START_US,
  });
}

Deno.test("a saved manifest comes back as it was; an absent one is undefined", async () => {
  const storage = memoryStorage();
  assert.equal(await loadManifest(storage, FEED_ID), undefined);
  await saveManifest(storage, sample());
  assert.deepEqual(await loadManifest(storage, FEED_ID), sample());
});

Deno.test("a manifest copied to another day, feed or environment is not taken for its own", async () => {
  const storage = memoryStorage();
  await saveManifest(storage, sample());
  const targets = [{ day: "2026-08-03" }, { feed: "other" }, { env: "other" }, { version: "v9" }];
  for (const target of targets) {
    const id = { ...FEED_ID, ...target };
    await storage.put(manifestKey(id), await storage.get(manifestKey(FEED_ID)));
    const misplaced = { code: "MANIFEST_MISPLACED", message: /is the manifest of normalized/ };
    await assert.rejects(loadManifest(storage, id), misplaced);
    await assert.rejects(changeManifest(storage, id, { change: (found) => found }), misplaced);
  }
});

Deno.test("any flipped bit, cut byte or added byte of a manifest is found and names the key", () => {
  const bytes = formatManifest(sample([gap("_all", START_US, 0)]));
  const key = manifestKey(FEED_ID);
  const refused = (corrupt: Uint8Array) =>
    assert.throws(
      () => parseManifest(corrupt, key),
      (error: Error & { code?: string }) =>
        error.code === "MANIFEST_DAMAGED" && error.message.startsWith(key),
    );
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      refused(flipped);
    }),
    { numRuns: 500 },
  );
  for (let length = 0; length < bytes.length; length += 37) refused(bytes.subarray(0, length));
  refused(bytes.subarray(0, bytes.length - 1));
  refused(new Uint8Array([...bytes, 10]));
});

Deno.test("a change adds files, totals and places, and keeps what was", () => {
  const before = sample();
  const after = changedManifest(before, {
    files: [file("c", START_US, START_US + 1), { ...file("a", START_US, START_US), count: 3 }],
    positions: { m2: "1-0" },
    writtenBy: "0.2.0+def5678",
    status: "complete",
    nowUs: START_US + 1,
  });
  assert.equal(before.files.length, 2);
  assert.deepEqual(after.files.map(({ key, count }) => [key, count]), [["b", 10], ["c", 10], [
    "a",
    3,
  ]]);
  assert.deepEqual(after.positions, { m1: "12-0", m2: "1-0" });
  assert.deepEqual([after.count, after.bytes, after.symbols], [23, 300, 4]);
  assert.deepEqual(after.writtenBy, ["0.1.0+abc1234", "0.2.0+def5678"]);
});

Deno.test("a market that was ordered and never came lowers the quality by its part", () => {
  const { files } = sample();
  const change = { files, symbols: 1, writtenBy: "0.1.0+abc", nowUs: START_US };
  const never = ["trade", "ticker", "orderbook"] as const;
  const gaps = never.map((channel) => ({ ...gap("FOOUSD", START_US, 0), channel }));
  const ordered = ["BTCUSD", "ETHUSD", "FOOUSD", "SOLUSD"];
  const manifest = changedManifest(emptyManifest(FEED_ID), { ...change, gaps, ordered });
  assert.equal(manifest.quality, 1 - 3 / 4 / 4);
  assert.deepEqual(manifest.ordered, ordered);
});

Deno.test("a day that holds nothing but the gap of its venue has no quality", () => {
  const only = file("gaps", START_US, START_US);
  const gaps = [gap("_all", START_US, 0)];
  const change = { files: [only], gaps, writtenBy: "0.1.0+abc", nowUs: START_US };
  assert.equal(changedManifest(emptyManifest(FEED_ID), change).quality, 0);
});

Deno.test("news of the life of markets that is missing is a fourth of a loss", () => {
  const life = { ...gap("_all", START_US, 0), channel: "status" } as const;
  assert.equal(sample([life]).quality, 0.75);
});

Deno.test("quality is the share of time without gaps, weighted by symbols", () => {
  const half = gap("_all", START_US, START_US + HOUR_US);
  assert.equal(sample().quality, 1);
  assert.equal(sample([half]).quality, 0.5);
  assert.equal(
    sample([gap("_all", START_US, 0), half]).quality,
    0.5,
    "opening and recovery are one",
  );
  assert.equal(sample([gap("_all", START_US + HOUR_US, 0)]).quality, 0.5, "open to the end");
  assert.equal(sample([gap("BTCUSD", START_US, START_US + HOUR_US)]).quality, 0.875);
  assert.equal(sample([gap("_all", START_US - 9e9, START_US + 9e9)]).quality, 0);
  assert.equal(sample([{ ...half, reason: "clock" }]).quality, 1, "a suspect clock loses nothing");
  const both = [gap("_all", START_US, 0), gap("BTCUSD", START_US, 0)];
  assert.equal(sample(both).quality, 0, "a market's gap within its feed's counts once");
});

Deno.test("a day is over a minute after midnight", () => {
  const end = usOfDay(DAY) + 24 * HOUR_US;
  assert.equal(isDayOver(DAY, end), false);
  assert.equal(isDayOver(DAY, end + 60_000_000), true);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import {
  type ManifestFile,
  normalizedOf,
  openSealed,
  putSealed,
  readSealed,
  readSealedPart,
  RecordSorter,
  sealedFileOf,
  sealedKey,
  type SealedSource,
} from "./mod.ts";

const DAY = "2026-08-01";
const START_US = Date.parse(`${DAY}T00:00:00Z`) * 1000;
const SOURCE: SealedSource = {
  env: "test",
  feed: "kraken",
  day: DAY,
  processor: "archive seal",
  software: { version: "0.1.0", commit: "abc1234" },
  source: "windows of v1",
  nowUs: START_US + 86_400_000_000,
};
const KEY = sealedKey({ env: "test", feed: "kraken", type: "trade", day: DAY });
/** A busy market with pages of its own, a hundred quiet ones that share some. */
const QUIET = Array.from({ length: 100 }, (_, i) => `Q${String(i).padStart(3, "0")}USD`);
const TEMP = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(TEMP, { recursive: true }));

function trade(symbol: string, i: number, atUs = START_US + i * 1000): Trade {
  return {
    type: "trade",
    timestampUs: atUs - 5,
    receivedAtUs: atUs,
    symbol,
    feed: "kraken",
    sequence: i + 1,
    price: 60_000 + (i * 7919 % 1000) / 10,
    size: 0.1 * (i % 7),
    side: "sell",
    tradeId: `${(i * 2654435761) % 1e9}`,
  };
}

const TRADES: Trade[] = Array.from({ length: 20_000 }, (_, i) => {
  const symbol = i % 4 === 0 ? QUIET[(i / 4) % 100] ?? "" : "BTCUSD";
  return trade(symbol, i);
});

/** The records as the file has them. */
const SORTED = TRADES.toSorted((a, b) =>
  a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.receivedAtUs - b.receivedAtUs
);

function sorterOf(trades: readonly Trade[], bufferBytesMax = 300_000): RecordSorter {
  const sorter = new RecordSorter("trade", { tempDir: TEMP, bufferBytesMax });
  for (const each of trades) sorter.add(each);
  return sorter;
}

function bytesOf(trades: readonly Trade[], bufferBytesMax?: number): Uint8Array {
  const sorter = sorterOf(trades, bufferBytesMax);
  const chunks = [...sealedFileOf(sorter.sorted(), SOURCE)];
  sorter.close();
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function sealed(trades: readonly Trade[]): Promise<{ storage: Storage; file: ManifestFile }> {
  const storage = memoryStorage();
  const sorter = sorterOf(trades);
  const file = await putSealed(storage, KEY, { sorted: sorter.sorted(), source: SOURCE });
  sorter.close();
  return { storage, file };
}

async function tradesOf(
  storage: Storage,
  file: ManifestFile,
  { symbol, ...span }: { symbol: string; fromUs?: number; toUs?: number },
): Promise<unknown[]> {
  const records: unknown[] = [];
  const day = await openSealed(storage, file);
  const query = { symbols: new Set([symbol]), ...span };
  for await (const batch of readSealedPart(day, query)) records.push(...batch);
  return records;
}

Deno.test("a sealed day holds every record by symbol and time, and says where it comes from", async () => {
  const { storage, file } = await sealed(TRADES);
  const { lineage } = await openSealed(storage, file);
  assert.equal(lineage.format, "ssmd-sealed/2");
  assert.deepEqual([lineage.count, lineage.symbols], [20_000, 101]);
  assert.deepEqual(file.sealed?.symbols, 101);
  assert.deepEqual([file.count, file.type], [20_000, "trade"]);
  assert.equal(file.processing?.processor, "archive seal");
  assert.deepEqual([file.from, file.to], [`${START_US}000`, `${START_US + 19_999_000}000`]);
  const read: unknown[] = [];
  for await (const batch of readSealed(storage, file)) read.push(...batch);
  assert.deepEqual(read, SORTED);
});

/** Storage that counts the ranges that are read. */
function counting(storage: Storage): { counted: Storage; ranges: () => number } {
  let ranges = 0;
  const getRange: Storage["getRange"] = (...args) => {
    ranges++;
    return storage.getRange(...args);
  };
  return { counted: { ...storage, getRange }, ranges: () => ranges };
}

Deno.test("each of 500 markets of a day is read with at most four ranges", async () => {
  const symbols = Array.from({ length: 500 }, (_, i) => `M${String(i).padStart(3, "0")}USD`);
  const trades = Array.from({ length: 150_000 }, (_, i) => trade(symbols[i % 500] as string, i));
  const { storage, file } = await sealed(trades);
  for (const symbol of ["M000USD", "M007USD", "M249USD", "M399USD", "M400USD", "M499USD"]) {
    const { counted, ranges } = counting(storage);
    const records = await tradesOf(counted, file, { symbol });
    assert.deepEqual(records, trades.filter((each) => each.symbol === symbol), symbol);
    assert.ok(ranges() <= 4, `${symbol}: ${ranges()}`);
  }
  assert.deepEqual(await tradesOf(storage, file, { symbol: "NONE" }), []);
  let count = 0;
  for await (const batch of readSealed(storage, file)) count += batch.length;
  assert.equal(count, trades.length);
});

Deno.test("a span of a symbol is read from the frames that hold it, both ends exact", async () => {
  const { storage, file } = await sealed(TRADES);
  const span = fc.integer({ min: -5, max: 20_005 });
  await fc.assert(
    fc.asyncProperty(span, span, fc.constantFrom("BTCUSD", "Q007USD"), async (a, b, symbol) => {
      const fromUs = START_US + a * 1000;
      const toUs = START_US + b * 1000;
      const expected = SORTED.filter((each) =>
        each.symbol === symbol && each.receivedAtUs >= fromUs && each.receivedAtUs < toUs
      );
      assert.deepEqual(await tradesOf(storage, file, { symbol, fromUs, toUs }), expected);
    }),
    { numRuns: 50 },
  );
});

Deno.test("the same records give the same bytes, however they come and whatever is in memory", () => {
  const symbol = fc.constantFrom("A", "B", "AB", "é", "_all");
  const record = fc.tuple(symbol, fc.nat(20), fc.nat(3)).map(([symbol, at, sequence]) => ({
    ...trade(symbol, at),
    sequence,
  }));
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 200, max: 5000 }),
      fc.infiniteStream(fc.nat()),
      (records, bufferBytesMax, luck) => {
        const shuffled = records.map((each) => ({ each, rank: luck.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank).map(({ each }) => each);
        assert.deepEqual(bytesOf(shuffled, bufferBytesMax), bytesOf(records));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("who writes a day, when and from what changes no byte of it", () => {
  const sorter = sorterOf(TRADES.slice(0, 5000));
  const other = { ...SOURCE, processor: "reprocess", source: "raw", nowUs: SOURCE.nowUs + 1 };
  const [a, b] = [SOURCE, other].map((source) => [...sealedFileOf(sorter.sorted(), source)]);
  sorter.close();
  assert.deepEqual(a, b);
});

Deno.test("a flipped bit or a cut byte anywhere is found by every reader that touches it", async () => {
  const { storage, file } = await sealed(TRADES.slice(0, 3000));
  const whole = await storage.get(KEY);
  const offsets = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: -1, max: 7 }));
  await fc.assert(
    fc.asyncProperty(offsets, async ([at, bit]) => {
      const bad = bit < 0
        ? Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(at + 1)])
        : whole.slice();
      if (bit >= 0) bad[at] = (bad[at] ?? 0) ^ (1 << bit);
      await storage.put(KEY, bad);
      // With the manifest's entry, and by the file alone.
      for (const object of [file, { key: KEY, bytes: bad.length }]) {
        await assert.rejects(async () => {
          for await (const _ of readSealed(storage, object)) { /* to the end */ }
        }, isCorruption);
      }
      // A market is read as it was, or not at all.
      const expected = SORTED.filter((each) => each.symbol === "BTCUSD" && each.sequence <= 3000);
      const read = await tradesOf(storage, file, { symbol: "BTCUSD" }).catch((error) => error);
      assert.ok(Array.isArray(read) || isCorruption(read));
      if (Array.isArray(read)) assert.deepEqual(read, expected);
    }),
    { numRuns: 200 },
  );
});

function isCorruption(error: unknown): boolean {
  return error instanceof ArchiveError && error.code === "ARCHIVE_DAMAGED" &&
    error.message.startsWith(KEY) && /at byte \d+/.test(error.message);
}

const FORMER_KEY = KEY.replace(".parquet", ".capnp.zst");
const FORMER_TRADES = TRADES.filter(({ symbol, sequence }) =>
  sequence <= 3500 && (symbol === "BTCUSD" || sequence % 800 === 1)
).map((each) => each.sequence < 40 ? { ...each, symbol: `A${each.sequence}USD` } : each);

for (const name of ["day.capnp.zst", "day_schema_v1.capnp.zst"]) {
  Deno.test(`a sealed day of the former form is read as it was: ${name}`, async () => {
    const bytes = await Deno.readFile(new URL(`testdata/${name}`, import.meta.url));
    const expected = FORMER_TRADES.toSorted((a, b) =>
      a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.receivedAtUs - b.receivedAtUs
    );
    assert.deepEqual([...normalizedOf(bytes, FORMER_KEY).records], expected);
  });
}

const GOLDEN = new URL("testdata/day.parquet", import.meta.url);

Deno.test("a sealed day that was written long ago is read as it was", async () => {
  const bytes = await Deno.readFile(GOLDEN);
  const storage = memoryStorage();
  await storage.put(KEY, bytes);
  const records: unknown[] = [];
  const object = { key: KEY, bytes: bytes.length };
  for await (const batch of readSealed(storage, object)) records.push(...batch);
  assert.deepEqual(records, SORTED.filter(({ sequence }) => sequence <= 3500));
});

Deno.test("what is written today is what was written then", async () => {
  const golden = await Deno.readFile(GOLDEN);
  const written = bytesOf(TRADES.slice(0, 3500));
  assert.deepEqual(written, golden, "another zstd may compress otherwise: see 0008");
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import { decode, Encoder, messagesIn, SCHEMAS } from "@ssmd/codec";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { hasProgram } from "./_fixtures.ts";
import {
  framesOf,
  type ManifestFile,
  normalizedOf,
  openSealed,
  putSealed,
  readSealed,
  readSealedSymbol,
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
/** A busy market with frames of its own, a hundred quiet ones that share some. */
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
  const encoder = new Encoder();
  for (const each of trades) sorter.add(encoder.encode(each));
  return sorter;
}

function bytesOf(trades: readonly Trade[], bufferBytesMax?: number): Uint8Array {
  const sorter = sorterOf(trades, bufferBytesMax);
  const chunks = [...sealedFileOf(sorter.sorted(), SOURCE, 3)];
  sorter.close();
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function sealed(trades: readonly Trade[]): Promise<{ storage: Storage; file: ManifestFile }> {
  const storage = memoryStorage();
  const sorter = sorterOf(trades);
  const file = await putSealed(storage, KEY, sorter.sorted(), SOURCE, { level: 3 });
  sorter.close();
  return { storage, file };
}

async function tradesOf(
  storage: Storage,
  file: ManifestFile,
  query: { symbol: string; fromUs?: number; toUs?: number },
): Promise<unknown[]> {
  const records: unknown[] = [];
  const day = await openSealed(storage, file);
  for await (const batch of readSealedSymbol(storage, day, query)) records.push(...batch);
  return records;
}

Deno.test("a sealed day holds every record by symbol and time, and says where it comes from", async () => {
  const { storage, file } = await sealed(TRADES);
  const { lineage, records } = normalizedOf(await storage.get(KEY), KEY);
  assert.deepEqual([...records], SORTED);
  assert.equal(lineage.format, "ssmd-sealed/1");
  assert.equal(lineage.count, 20_000);
  assert.deepEqual(file.sealed?.symbols, 101);
  assert.deepEqual([file.count, file.type], [20_000, "trade"]);
  assert.deepEqual([file.from, file.to], [`${START_US}000`, `${START_US + 19_999_000}000`]);
  const read: unknown[] = [];
  for await (const { plain } of readSealed(storage, file)) {
    for (const message of messagesIn(plain)) read.push(decode("trade", message));
  }
  assert.deepEqual(read, SORTED);
});

Deno.test("one symbol is read with two ranges, from its own frames or out of shared ones", async () => {
  const { storage, file } = await sealed(TRADES);
  let ranges = 0;
  const counted: Storage = {
    ...storage,
    getRange: (...args) => {
      ranges++;
      return storage.getRange(...args);
    },
  };
  for (const symbol of ["BTCUSD", ...QUIET]) {
    ranges = 0;
    const records = await tradesOf(counted, file, { symbol });
    assert.deepEqual(records, SORTED.filter((each) => each.symbol === symbol), symbol);
    assert.equal(ranges, 2, symbol);
  }
  assert.deepEqual(await tradesOf(storage, file, { symbol: "NONE" }), []);
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

Deno.test("only the lineage's processing differs between two writings of the same records", () => {
  const sorter = sorterOf(TRADES.slice(0, 5000));
  const other = { ...SOURCE, processor: "reprocess", source: "raw", nowUs: SOURCE.nowUs + 1 };
  const [a, b] = [SOURCE, other].map((source) => [...sealedFileOf(sorter.sorted(), source)]);
  sorter.close();
  assert.deepEqual(a?.slice(1), b?.slice(1));
  assert.notDeepEqual(a?.[0], b?.[0]);
});

Deno.test("a flipped bit or a cut byte anywhere is found by every reader that touches it", async () => {
  const { storage, file } = await sealed(TRADES.slice(0, 3000));
  const whole = await storage.get(KEY);
  const frames = framesOf(whole).frames;
  const places = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: -1, max: 7 }));
  await fc.assert(
    fc.asyncProperty(places, async ([at, bit]) => {
      const bad = bit < 0
        ? Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(at + 1)])
        : whole.slice();
      if (bit >= 0) bad[at] = (bad[at] ?? 0) ^ (1 << bit);
      await storage.put(KEY, bad);
      const isDamage = (error: unknown) =>
        error instanceof ArchiveError && error.code === "ARCHIVE_DAMAGED" &&
        error.message.startsWith(KEY) && /at byte \d+/.test(error.message);
      await assert.rejects(async () => {
        for await (const _ of readSealed(storage, file)) { /* to the end */ }
      }, isDamage);
      assert.throws(() => [...normalizedOf(bad, KEY).records], isDamage);
      // Frames that are whole and where they were are still readable symbol by symbol.
      const [front, last] = [frames[0], frames.at(-1)];
      const isInFrames = bit >= 0 && at >= (front?.end ?? 0) && at < (last?.start ?? 0);
      if (!isInFrames) return;
      const hit = frames.findIndex((frame) => at >= frame.start && at < frame.end) - 1;
      const day = await openSealed(storage, file);
      for (const { symbol, frame, frames: count } of day.index.symbols) {
        const isHit = hit >= frame && hit < frame + count;
        const reading = tradesOf(storage, file, { symbol });
        if (isHit) await assert.rejects(reading, isDamage);
        else {
          const expected = SORTED.filter((each) => each.symbol === symbol && each.sequence <= 3000);
          assert.deepEqual(await reading, expected);
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test({
  name: "zstd and capnp decode a sealed day as it lies there",
  ignore: !hasProgram("zstd") || !hasProgram("capnp"),
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeFile(`${dir}/day.capnp.zst`, bytesOf(TRADES));
      await Deno.writeTextFile(`${dir}/trade.capnp`, SCHEMAS.trade.text);
      const script = `zstd -t ${dir}/day.capnp.zst && zstd -dc ${dir}/day.capnp.zst | ` +
        `capnp decode --short ${dir}/trade.capnp ${SCHEMAS.trade.name}`;
      const { stdout, stderr, success } = await new Deno.Command("sh", { args: ["-c", script] })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assert.equal(lines.length, 20_000);
      assert.match(lines[0] ?? "", /symbol = "BTCUSD".*sequence = 2,/);
      assert.match(lines.at(-1) ?? "", /symbol = "Q099USD".*sequence = 19997,/);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

const GOLDEN = new URL("testdata/day.capnp.zst", import.meta.url);
/** The same records as they were written before zstd was told the size of each frame. */
const GOLDEN_SIZES_UNTOLD = new URL("testdata/day_sizes_untold.capnp.zst", import.meta.url);
/** The same records by the first version of the schema. */
const GOLDEN_SCHEMA_V1 = new URL("testdata/day_schema_v1.capnp.zst", import.meta.url);
/** A market with two frames of its own between quiet ones that share a frame on either side. */
const GOLDEN_TRADES = TRADES.filter(({ symbol, sequence }) =>
  sequence <= 3500 && (symbol === "BTCUSD" || sequence % 800 === 1)
).map((each) => each.sequence < 40 ? { ...each, symbol: `A${each.sequence}USD` } : each);

async function assertGoldenIsRead(file: URL, counts: readonly number[]): Promise<void> {
  const bytes = await Deno.readFile(file);
  const storage = memoryStorage();
  await storage.put(KEY, bytes);
  const expected = GOLDEN_TRADES.toSorted((a, b) =>
    a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.receivedAtUs - b.receivedAtUs
  );
  assert.deepEqual([...normalizedOf(bytes, KEY).records], expected);
  const day = await openSealed(storage, { key: KEY, bytes: bytes.length });
  assert.deepEqual(day.index.frames.map((frame) => frame.count), counts);
  for (const symbol of ["A1USD", "BTCUSD", "Q000USD"]) {
    const records: unknown[] = [];
    for await (const batch of readSealedSymbol(storage, day, { symbol })) records.push(...batch);
    assert.deepEqual(records, expected.filter((each) => each.symbol === symbol), symbol);
  }
}

/** A record without its run and connection took less room. */
const SMALLER = [30, 2186, 410, 4];
for (
  const [file, counts] of [
    [GOLDEN, [30, 2049, 547, 4]],
    [GOLDEN_SIZES_UNTOLD, SMALLER],
    [GOLDEN_SCHEMA_V1, SMALLER],
  ] as const
) {
  Deno.test(`a sealed day that was written long ago is read as it was: ${file.pathname.split("/").at(-1)}`, async () => {
    await assertGoldenIsRead(file, counts);
  });
}

Deno.test("what is written today is what was written then", async () => {
  const golden = await Deno.readFile(GOLDEN);
  assert.deepEqual(bytesOf(GOLDEN_TRADES), golden, "another zstd may compress otherwise: see 0008");
});

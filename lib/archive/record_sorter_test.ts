import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { RecordSorter } from "./record_sorter.ts";
import { SpilledDay } from "./spilled_records.ts";

function tradeOf(symbol: string, sequence: number): Trade {
  return {
    type: "trade",
    timestampUs: 0,
    receivedAtUs: 1_785_552_830_000_000 + sequence,
    symbol,
    feed: "kraken",
    sequence,
    price: sequence / 100,
    size: 1,
    side: "buy",
    tradeId: "",
  };
}

const symbols = fc.array(fc.constantFrom("BTCUSD", "ETHUSD", "_all", "ÄÖÜ", "a b"), {
  maxLength: 300,
});

const encoder = new Encoder();

Deno.test("records come by symbol and time, with and without a temporary file", async () => {
  const tempDir = await Deno.makeTempDir();
  try {
    const limits = fc.constantFrom(1000, 3000, 1e9);
    fc.assert(fc.property(symbols, limits, fc.infiniteStream(fc.nat(20)), (symbols, most, late) => {
      using sorter = new RecordSorter("trade", { tempDir, bufferBytesMax: most });
      const records = symbols.map((symbol, i) => tradeOf(symbol, i + 1));
      // Nearly in the order of time, as records come.
      const arriving = records.map((record, i) => ({ record, at: i + (late.next().value ?? 0) }))
        .sort((a, b) => a.at - b.at);
      for (const { record } of arriving) sorter.add(encoder.encode(record));
      const expected = [...new Set(symbols)].sort()
        .flatMap((symbol) => records.filter((record) => record.symbol === symbol));
      const sorted = sorter.sorted();
      for (const _again of [1, 2]) {
        const found = [...sorted.records()];
        assert.deepEqual(found, expected);
      }
    }));
    assert.deepEqual([...Deno.readDirSync(tempDir)], []);
  } finally {
    await Deno.remove(tempDir, { recursive: true });
  }
});

/** Records split over sorters that write their files for another thread; returns the files. */
function spilled(tempDir: string, parts: readonly (readonly Trade[])[]) {
  return parts.map((records, i) => {
    using sorter = new RecordSorter("trade", {
      tempDir,
      spillPath: `${tempDir}/part-${i}`,
      bufferBytesMax: 2000,
    });
    for (const record of records) sorter.addRecord(record, encoder.encode(record));
    return sorter.spilled();
  });
}

Deno.test("what several sorters wrote to files is merged in the same order as by one", async () => {
  const tempDir = await Deno.makeTempDir();
  try {
    fc.assert(fc.property(symbols, fc.infiniteStream(fc.nat(2)), (symbols, part) => {
      // Equal times and sequences in several parts, as of connections with the same frames.
      const all = symbols.map((symbol, i) => ({ ...tradeOf(symbol, 1 + (i >> 1)), size: i % 3 }));
      const parts: Trade[][] = [[tradeOf("BTCUSD", 1)], [], [tradeOf("_all", 1)]];
      for (const record of all) parts[part.next().value ?? 0]?.push(record);
      const filled = parts.filter((records) => records.length > 0);
      using sorter = new RecordSorter("trade", { tempDir });
      for (const record of filled.flat()) sorter.add(encoder.encode(record));
      using day = new SpilledDay("trade", structuredClone(spilled(tempDir, filled)));
      const { records, ...totals } = day.sorted;
      const { records: expected, ...expectedTotals } = sorter.sorted();
      assert.deepEqual(totals, expectedTotals);
      assert.deepEqual([...records()], [...expected()]);
    }));
  } finally {
    await Deno.remove(tempDir, { recursive: true });
  }
});

Deno.test("a changed or cut file of another thread is found", async () => {
  const tempDir = await Deno.makeTempDir();
  try {
    const trades = Array.from({ length: 50 }, (_, i) => tradeOf("BTCUSD", i + 1));
    const parts = spilled(tempDir, [trades]);
    const [{ path }] = parts as [typeof parts[number]];
    const bytes = await Deno.readFile(path);
    const corrupted = bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1);
    for (const corrupt of [corrupted, bytes.subarray(0, -1)]) {
      await Deno.writeFile(path, corrupt);
      using day = new SpilledDay("trade", parts);
      assert.throws(() => [...day.sorted.records()], { code: "ARCHIVE_DAMAGED" });
    }
    const missing = { code: "SPILL_FAILED" };
    assert.throws(() => new SpilledDay("trade", [{ ...parts[0]!, path: `${path}-no` }]), missing);
  } finally {
    await Deno.remove(tempDir, { recursive: true });
  }
});

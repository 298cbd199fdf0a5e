import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decode, Encoder } from "@ssmd/codec";
import { anyRecord } from "@ssmd/codec/testing/records";
import { EVENT_TYPES, type EventType, type MarketEvent, type Trade } from "@ssmd/market";
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
      for (const { record } of arriving) sorter.add(record);
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
    for (const record of records) sorter.add(record);
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
      for (const record of filled.flat()) sorter.add(record);
      using day = new SpilledDay("trade", structuredClone(spilled(tempDir, filled)));
      const { records, slices: _, ...totals } = day.sorted;
      const { records: expected, slices: __, ...expectedTotals } = sorter.sorted();
      assert.deepEqual(totals, expectedTotals);
      assert.deepEqual([...records()], [...expected()]);
    }));
  } finally {
    await Deno.remove(tempDir, { recursive: true });
  }
});

/** What the messages of records hold, in the order of a sealed day. */
function inOrderOfMessages(type: EventType, records: readonly MarketEvent[]): MarketEvent[] {
  const encoder = new Encoder();
  return records.map((record) => encoder.encode(record))
    .map((message) => ({ message, record: decode(type, message) as MarketEvent }))
    .sort(({ record: a, message }, { record: b, message: other }) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence || Buffer.compare(message, other)
    )
    .map(({ record }) => record);
}

for (const type of EVENT_TYPES) {
  Deno.test(`any ${type} records come back as their messages, equal times by their bytes`, async () => {
    const tempDir = await Deno.makeTempDir();
    const few = fc.record({
      symbol: fc.constantFrom("BTCUSD", "ÄÖÜ"),
      receivedAtUs: fc.constantFrom(1, 2),
      sequence: fc.constantFrom(1, 2),
    });
    const records = fc.array(fc.tuple(anyRecord[type] as fc.Arbitrary<MarketEvent>, few), {
      ...{ minLength: 1, maxLength: 30 },
    });
    const limits = fc.constantFrom(200, 2000, 1e9);
    try {
      fc.assert(
        fc.property(records, limits, (pairs, bufferBytesMax) => {
          const all = pairs.map(([record, same]): MarketEvent => ({ ...record, ...same }));
          const spillPath = `${tempDir}/spilled`;
          using sorter = new RecordSorter(type, { tempDir, bufferBytesMax });
          using other = new RecordSorter(type, { tempDir, bufferBytesMax, spillPath });
          for (const record of all) for (const each of [sorter, other]) each.add(record);
          using day = new SpilledDay(type, [structuredClone(other.spilled())]);
          const expected = inOrderOfMessages(type, all);
          assert.deepEqual([...sorter.sorted().records()], expected);
          assert.deepEqual([...day.sorted.records()], expected);
        }),
        { numRuns: 50 },
      );
    } finally {
      await Deno.remove(tempDir, { recursive: true });
    }
  });
}

Deno.test("a time or count that no message can hold is refused", () => {
  for (const wrong of [-1, 0.5, NaN]) {
    for (const others of [0, 100]) {
      using sorter = new RecordSorter("trade", { tempDir: "" });
      sorter.add(tradeOf("BTCUSD", 1));
      assert.throws(() => {
        sorter.add({ ...tradeOf("BTCUSD", 2), receivedAtUs: wrong });
        for (let i = 0; i < others; i++) sorter.add(tradeOf("BTCUSD", 3 + i));
        sorter.sorted();
      }, { code: "CODEC_OUT_OF_RANGE" });
      assert.throws(() => sorter.sorted(), { code: "CODEC_OUT_OF_RANGE" }, "nothing is left out");
    }
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

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { decode, Encoder } from "@ssmd/codec";
import { RecordSorter } from "./record_sorter.ts";

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
        const found = Array.from(sorted.records(), ({ payload }) => decode("trade", payload));
        assert.deepEqual(found, expected);
      }
    }));
    assert.deepEqual([...Deno.readDirSync(tempDir)], []);
  } finally {
    await Deno.remove(tempDir, { recursive: true });
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Trade } from "@ssmd/market";
import { SymbolOrder } from "./symbol_order.ts";

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

Deno.test("records come by symbol, each symbol's as they came, with and without a file", async () => {
  const spillPath = await Deno.makeTempFile();
  try {
    fc.assert(fc.property(symbols, fc.constantFrom(200, 3000, 1e9), (symbols, bytesMax) => {
      using order = new SymbolOrder({ type: "trade", spillPath, bytesMax });
      const records = symbols.map((symbol, i) => tradeOf(symbol, i + 1));
      for (let at = 0; at < records.length; at += 7) order.add(records.slice(at, at + 7));
      const expected = [...new Set(symbols)].sort()
        .flatMap((symbol) => records.filter((record) => record.symbol === symbol));
      assert.deepEqual([...order.inOrder()].flat(), expected);
    }));
  } finally {
    await Deno.remove(spillPath);
  }
});

/** Frames that the simulators sent, with the market that they are of. @module */
import assert from "node:assert/strict";
import type { SymbolSpec } from "./adapter.ts";

/** Folder of golden frames and records. */
export const GOLDEN = new URL("testdata/", import.meta.url);

const SYMBOLS: Readonly<Record<string, SymbolSpec>> = {
  kalshi: { symbol: "KXSIMFED-26DEC31-H0", external: "KXSIMFED-26DEC31-H0" },
  kraken: { symbol: "BTCUSD", external: "BTC/USD", depth: 10 },
  polymarket: { symbol: "RAIN", external: "7".repeat(77) },
};

/** Market of a venue's golden frames. */
export function goldenSymbol(venue: string): SymbolSpec {
  const symbol = SYMBOLS[venue];
  assert.ok(symbol, "a venue has a symbol for its golden frames");
  return symbol;
}

/** Golden frames of a wire version. */
export async function goldenFrames(version: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`${version}.frames.jsonl`, GOLDEN));
  return text.trimEnd().split("\n");
}

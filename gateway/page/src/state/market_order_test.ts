import assert from "node:assert/strict";
import { arrangeMarkets, type Listing } from "./market_order.ts";
import { emptyRow, type MarketRow } from "./market_row.ts";

function row(symbol: string, feed: string, more: Partial<MarketRow> = {}): MarketRow {
  return { ...emptyRow(symbol, feed), ...more };
}

const ROWS = [
  row("ETHUSD", "kraken", { external: "ETH/USD", last: 3000, reference: 2000 }),
  row("BTCUSD", "kraken", { external: "BTC/USD", last: 60000, reference: 60000 }),
  row("KXBTC-26", "kalshi", { state: "halted" }),
];

function symbols(listing: Partial<Listing>): string[] {
  const whole = { search: "", feed: "", sort: "listed", descending: false, ...listing } as const;
  return arrangeMarkets(ROWS, whole).map(({ symbol }) => symbol);
}

Deno.test("markets stand in the environment's order until another is wanted", () => {
  assert.deepEqual(symbols({}), ["ETHUSD", "BTCUSD", "KXBTC-26"]);
  assert.deepEqual(symbols({ sort: "symbol" }), ["BTCUSD", "ETHUSD", "KXBTC-26"]);
});

Deno.test("what is not known comes last in either direction", () => {
  assert.deepEqual(symbols({ sort: "last" }), ["ETHUSD", "BTCUSD", "KXBTC-26"]);
  assert.deepEqual(symbols({ sort: "last", descending: true }), ["BTCUSD", "ETHUSD", "KXBTC-26"]);
  assert.deepEqual(symbols({ sort: "change", descending: true }), ["ETHUSD", "BTCUSD", "KXBTC-26"]);
});

Deno.test("a search finds ours and the venue's names, feeds and states, in any case, all words", () => {
  assert.deepEqual(symbols({ search: "btc" }), ["BTCUSD", "KXBTC-26"]);
  assert.deepEqual(symbols({ search: "btc/" }), ["BTCUSD"]);
  assert.deepEqual(symbols({ search: "kalshi halted" }), ["KXBTC-26"]);
  assert.deepEqual(symbols({ search: "btc", feed: "kraken" }), ["BTCUSD"]);
  assert.deepEqual(symbols({ search: "nothing" }), []);
});

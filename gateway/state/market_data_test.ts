import assert from "node:assert/strict";
import { ALL_SYMBOLS, type Gap, type GapReason, openGap, recoveredGap } from "@ssmd/market";
import { MarketData } from "./market_data.ts";

/** Reason of what is open after these gaps of one symbol. */
function after(symbol: string, ...gaps: Gap[]): GapReason | undefined {
  const nothing = () => {};
  const data = new MarketData({
    ...{ onRecord: nothing, onFeedRecord: nothing, onMarket: nothing, onSnapshotWanted: nothing },
    onBooksLost: nothing,
  });
  data.add(["kraken"], [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }]);
  for (const gap of gaps) data.take(gap);
  const open = symbol === ALL_SYMBOLS ? data.feed("kraken").gap : data.market(symbol)?.gaps.worst;
  return open?.reason;
}

for (const symbol of [ALL_SYMBOLS, "BTCUSD"]) {
  const gap = (reason: GapReason, fromUs: number) =>
    openGap({ feed: "kraken", symbol, reason, fromUs, atUs: fromUs, missed: null, detail: "x" });
  const clock = gap("clock", 10);
  const broken = gap("disconnect", 20);

  Deno.test(`a clock's gap neither hides nor ends one of books: ${symbol}`, () => {
    assert.deepEqual(after(symbol, clock), "clock");
    assert.deepEqual(after(symbol, clock, recoveredGap(clock, 30)), undefined);
    assert.deepEqual(after(symbol, clock, broken), "disconnect");
    assert.deepEqual(after(symbol, broken, clock), "disconnect");
    assert.deepEqual(after(symbol, clock, broken, recoveredGap(clock, 30)), "disconnect");
    assert.deepEqual(after(symbol, broken, recoveredGap(broken, 30), clock), "clock");
  });
}

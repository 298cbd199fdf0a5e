import assert from "node:assert/strict";
import { TradeWindow } from "./trade_window.ts";

Deno.test("a window is what a list of its trades gives, while it grows, turns and empties", () => {
  const window = new TradeWindow(1000);
  let trades: { atUs: number; price: number; size: number }[] = [];
  let atUs = 0;
  for (let i = 0; i < 20_000; i++) {
    // Bursts of trades that fit no ring of the first size, and pauses that empty it.
    atUs += i % 5000 === 0 ? 5000 : i % 700 < 500 ? 1 : 30;
    const trade = { atUs, price: 1 + (i % 97) / 4, size: 1 + i % 13 };
    window.add(trade.atUs, trade.price, trade.size);
    window.passTo(atUs);
    trades = [...trades, trade].filter((each) => each.atUs > atUs - 1000);
    if (i % 50 > 0) continue;
    const volume = trades.reduce((sum, each) => sum + each.size, 0);
    const notional = trades.reduce((sum, each) => sum + each.price * each.size, 0);
    assert.deepEqual([window.volume, window.vwap], [volume, notional / volume]);
  }
  window.passTo(atUs + 1000);
  assert.deepEqual([window.volume, window.vwap], [0, NaN]);
});

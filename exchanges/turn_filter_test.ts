import assert from "node:assert/strict";
import { type RunTurn, type Trade, tradeName, TURN_OVERLAP_US } from "@ssmd/market";
import { TurnFilter } from "./turn_filter.ts";

const FROM_US = 1_000_000_000;

function trade(tradeId: string, more: Partial<Trade> = {}): Trade {
  return {
    ...{ type: "trade", feed: "polymarket", symbol: "A", sequence: 0, side: "buy" },
    ...{ timestampUs: FROM_US - 5_000_000, receivedAtUs: FROM_US, price: 0.5, size: 10, tradeId },
    ...more,
  };
}

/** Whether each trade, received at its time, is published in a turn whose run before told `before`. */
function published(before: readonly Trade[], trades: readonly Trade[], more?: Partial<RunTurn>) {
  const known = { fromUs: FROM_US - TURN_OVERLAP_US, trades: before.map(tradeName) };
  const filter = new TurnFilter([{ run: "b", fromUs: FROM_US, told: known, ...more }], 1, []);
  return trades.map((each) => filter.isPublished(each, each.receivedAtUs, 1));
}

Deno.test("what the run before has published of a trade is not published again", () => {
  assert.deepEqual(published([trade("1")], [trade("1"), trade("2")]), [false, true]);
});

Deno.test("trades without the venue's id are known by their content, not as one", () => {
  const known = trade("");
  const others = [trade("", { price: 0.51 }), trade("", { size: 11 }), trade("", { side: "sell" })];
  const later = trade("", {
    timestampUs: FROM_US + 60_000_000,
    receivedAtUs: FROM_US + 60_000_000,
  });
  assert.deepEqual(published([known], [known, ...others, later]), [false, true, true, true, true]);
});

Deno.test("trades that only this run got before its turn are published, as far as it has them", () => {
  const early = (secondsBefore: number) =>
    trade(`${secondsBefore}`, { receivedAtUs: FROM_US - secondsBefore * 1_000_000 });
  assert.deepEqual(published([], [early(11), early(9), early(2)]), [false, true, true]);
  const late = { tradesFromUs: FROM_US - 3_000_000 };
  assert.deepEqual(published([], [early(9), early(2)], late), [false, true]);
});

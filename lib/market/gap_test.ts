import assert from "node:assert/strict";
import type { MarketEvent, Trade } from "./event.ts";
import { DisconnectGap, lostGap, openGap, recoveredGap } from "./gap.ts";

const NEWS = {
  feed: "kraken",
  symbol: "BTCUSD",
  reason: "checksum",
  fromUs: 1_000_000,
  atUs: 1_500_000,
  missed: null,
  detail: "The checksum is 1, not 2.",
} as const;

Deno.test("a gap opens without an end and closes with the time it took", () => {
  const open = openGap(NEWS);
  assert.deepEqual([open.fromUs, open.toUs, open.recovered], [1_000_000, 0, false]);
  const closed = recoveredGap({ ...open, sequence: 7 }, 1_750_000);
  assert.deepEqual([closed.fromUs, closed.toUs, closed.recovered], [1_000_000, 1_750_000, true]);
  assert.equal(closed.receivedAtUs, 1_750_000);
  assert.equal(closed.sequence, 0);
  assert.match(closed.detail, /750 ms/);
});

Deno.test("a gap of lost data has its end at once and is not recovered", () => {
  const lost = lostGap(NEWS);
  assert.deepEqual([lost.fromUs, lost.toUs, lost.recovered], [1_000_000, 1_500_000, false]);
});

Deno.test("the gap of a broken connection ends before the first market data", () => {
  const gap = new DisconnectGap("kraken");
  assert.equal(gap.begin(10, 20, { why: "Silence." }).fromUs, 10);
  assert.equal(gap.begin(25, 30, { why: "Refused." }).fromUs, 10);
  const news: MarketEvent[] = [openGap(NEWS)];
  gap.endWith(news, 40);
  assert.equal(news.length, 1);
  const restored = new DisconnectGap("kraken");
  restored.restore(gap.state());
  const events: MarketEvent[] = [{ type: "trade" } as Trade];
  restored.endWith(events, 50);
  assert.deepEqual(events.map((event) => event.type), ["gap", "trade"]);
  const [recovery] = events;
  assert.ok(recovery?.type === "gap" && recovery.recovered);
  assert.deepEqual([recovery.symbol, recovery.fromUs, recovery.toUs], ["_all", 10, 50]);
  assert.equal(restored.state(), null);
});

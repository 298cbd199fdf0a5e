import assert from "node:assert/strict";
import fc from "fast-check";
import type { Gap } from "@ssmd/market";
import { feed } from "../_normalizer_fixtures.ts";
import { ackFrame, kalshiNormalizer, snapshotFrame, type TextLevel } from "./test_frames.ts";

const A = "KXA-26AUG01";

/** A price in cents as the venue writes it. */
const text = (cents: number) => `0.${String(cents).padStart(2, "0")}00`;

/** A ticker of best prices in cents. */
function tickerFrame(bid: number, ask: number): string {
  const msg = { market_ticker: A, yes_bid_dollars: text(bid), yes_ask_dollars: text(ask) };
  return JSON.stringify({ type: "ticker", sid: 2, msg: { ...msg, price_dollars: text(bid) } });
}

/** The gaps of the alarm after so many tickers on a book whose NO ladder stands at these prices. */
function alarmOf(
  market: { bid: number; asks: number[]; isMirrored: boolean },
  tickers = 20,
): Gap[] {
  const normalizer = kalshiNormalizer([{ symbol: A, external: A }]);
  feed(normalizer, ackFrame("orderbook_delta", 1));
  const { bid, asks, isMirrored } = market;
  const prices = asks.map((ask) => isMirrored ? ask : 100 - ask).sort((a, b) => a - b);
  const ladder = prices.map((price): TextLevel => [text(price), "5.00"]);
  feed(normalizer, snapshotFrame(1, 1, A, [[text(bid), "5.00"]], ladder));
  const ticker = tickerFrame(bid, Math.min(...asks));
  return Array.from({ length: tickers }, () => feed(normalizer, ticker).events)
    .flat().filter((event) => event.type === "gap");
}

/** A market in cents: a bid, and asks above it. */
const market = fc.integer({ min: 1, max: 97 }).chain((bid) =>
  fc.record({
    bid: fc.constant(bid),
    asks: fc.uniqueArray(fc.integer({ min: bid + 1, max: 99 }), { minLength: 1, maxLength: 12 }),
  })
);

Deno.test("books whose asks are as the venue's tickers say never make an alarm", () => {
  fc.assert(fc.property(market, (each) => {
    assert.deepEqual(alarmOf({ ...each, isMirrored: false }), []);
  }));
});

Deno.test("mirrored asks make one alarm, unless the mirror shows the same price", () => {
  fc.assert(fc.property(market, (each) => {
    const best = Math.min(...each.asks);
    // The best derived ask of a mirrored book is the mirror of the highest price.
    fc.pre(Math.abs(best - (100 - Math.max(...each.asks))) > 1);
    const gaps = alarmOf({ ...each, isMirrored: true });
    assert.deepEqual(gaps.map((gap) => [gap.symbol, gap.channel, gap.toUs]), [
      ["_all", "orderbook", 0],
    ]);
  }));
});

Deno.test("a few odd tickers make no alarm, and it ends when tickers and books agree again", () => {
  const asks = { bid: 20, asks: [30, 40], isMirrored: true };
  assert.deepEqual(alarmOf(asks, 7), []);
  const normalizer = kalshiNormalizer([{ symbol: A, external: A }]);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.2000", "5.00"]], [["0.3000", "5.00"]]));
  const alarm = Array.from({ length: 8 }, () => feed(normalizer, tickerFrame(20, 30)));
  const last = alarm.at(-1);
  assert.equal(last?.notice?.type, "suspect");
  const restored = kalshiNormalizer([{ symbol: A, external: A }]);
  restored.restore(JSON.parse(JSON.stringify(normalizer.state())));
  const again = Array.from({ length: 8 }, () => feed(restored, tickerFrame(20, 70)).events).flat();
  const gaps = again.filter((event) => event.type === "gap");
  assert.deepEqual(gaps.map(({ recovered, symbol }) => [recovered, symbol]), [[true, "_all"]]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { OrderBookUpdate } from "@ssmd/market";
import { assertSound, brokenFrames } from "../_fuzz_fixtures.ts";
import {
  AT_US,
  bookOf,
  changeOf,
  changesFrame,
  connectedNormalizer,
  feed,
  MARKET,
  NO,
  YES,
} from "./test_frames.ts";

const TOKEN_EVENT = { market: MARKET, asset_id: YES, timestamp: "1790491136945" };
const FRAMES: unknown[] = [
  [bookOf(YES, [["0.4", "1"]], [["0.6", "2"]])],
  changesFrame([changeOf(YES, ["BUY", "0.5", "1"], ["0.5", "0.6"])]),
  { ...TOKEN_EVENT, event_type: "last_trade_price", price: "0.5", size: "1", side: "BUY" },
  { ...TOKEN_EVENT, event_type: "best_bid_ask", best_bid: "0.4", best_ask: "0.6" },
  { ...TOKEN_EVENT, event_type: "tick_size_change", new_tick_size: "0.001" },
  { event_type: "market_resolved", assets_ids: [YES, NO], winning_asset_id: YES },
];

const GARBAGE = [
  ...["-1", "NaN", "[", "[1]", "1e5", "1.5.5", " 1 ", "0.00000001", "9".repeat(80)],
];

Deno.test("polymarket: frames with anything in any place never throw and give no wrong numbers", () => {
  fc.assert(
    fc.property(brokenFrames(FRAMES, GARBAGE), (frame) => {
      const normalizer = connectedNormalizer();
      feed(normalizer, FRAMES[0]);
      assertSound(feed(normalizer, frame, AT_US + 2), JSON.stringify(frame));
      assert.deepEqual(JSON.parse(JSON.stringify(normalizer.state())), normalizer.state());
    }),
    { numRuns: 1500 },
  );
});

Deno.test("polymarket: a book after any changes equals a plain map of them", () => {
  const step = fc.record({
    side: fc.constantFrom("BUY" as const, "SELL" as const),
    cents: fc.integer({ min: 1, max: 99 }),
    size: fc.integer({ min: 0, max: 5_000_000 }).map((steps) => String(steps / 1e6)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const normalizer = connectedNormalizer();
      feed(normalizer, bookOf(YES, [], []));
      const plain = { BUY: new Map<number, number>(), SELL: new Map<number, number>() };
      for (const { side, cents, size } of steps) {
        if (size.includes("e")) continue;
        const price = cents / 100;
        const { best_bid: _, best_ask: _a, ...change } = changeOf(YES, [side, `${price}`, size], [
          ...["", ""] as const,
        ]);
        feed(normalizer, changesFrame([change]));
        if (Number(size) === 0) plain[side].delete(price);
        else plain[side].set(price, Number(size));
      }
      const [book] = normalizer.snapshots() as OrderBookUpdate[];
      const sorted = (levels: Map<number, number>, sign: number) =>
        [...levels].sort((a, b) => sign * (a[0] - b[0])).map(([price, size]) => ({ price, size }));
      assert.deepEqual(book?.bids, sorted(plain.BUY, -1));
      assert.deepEqual(book?.asks, sorted(plain.SELL, 1));
    }),
    { numRuns: 200 },
  );
});

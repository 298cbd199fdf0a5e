import assert from "node:assert/strict";
import fc from "fast-check";
import type { OrderBookUpdate } from "@ssmd/market";
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

type Path = (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...entries.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...value as object }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const garbage = fc.oneof(
  fc.constantFrom(null, [], {}, [[]], [null], "", "x", "-1", -1, 0, 1e308, 2 ** 53, true, "NaN"),
  fc.constantFrom("[", "[1]", "1e5", "1.5.5", " 1 ", "0.00000001", "9".repeat(80)),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.constant(undefined),
);

Deno.test("polymarket: frames with anything in any place never throw and give no wrong numbers", () => {
  const cases = FRAMES.flatMap((frame) => pathsOf(frame).map((path) => ({ frame, path })));
  fc.assert(
    fc.property(fc.constantFrom(...cases), garbage, ({ frame, path }, by) => {
      const normalizer = connectedNormalizer();
      feed(normalizer, FRAMES[0]);
      const value = replaced(frame, path, by);
      const result = feed(normalizer, value, AT_US + 2);
      for (const event of result.events) {
        for (const field of Object.values(event)) {
          if (typeof field === "number") assert.ok(Number.isFinite(field), JSON.stringify(value));
        }
      }
      assert.ok(result.events.length > 0 || result.notice !== undefined, JSON.stringify(value));
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

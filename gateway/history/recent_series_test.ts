import assert from "node:assert/strict";
import { decode, Encoder } from "@ssmd/codec";
import type { Trade } from "@ssmd/market";
import fc from "fast-check";
import { compareRecords } from "./position.ts";
import { RecentBudget, RecentSeries } from "./recent_series.ts";

const encoder = new Encoder();
/** Within the time that is kept, however they come. */
const SPAN_US = 60_000_000;

const trades = fc.array(
  fc.record({
    us: fc.integer({ min: 1, max: SPAN_US }),
    venueUs: fc.integer({ min: 0, max: SPAN_US }),
    id: fc.string({ maxLength: 300 }),
    price: fc.double({ noNaN: true, noDefaultInfinity: true }),
  }),
  { maxLength: 400, size: "max" },
);

const isSame = ({ sequence }: Trade) => (other: Trade) => other.sequence === sequence;

Deno.test("a series gives what was added, in order, each way and for any span, and nothing below its floor", () => {
  fc.assert(
    fc.property(trades, fc.nat(SPAN_US), fc.nat(SPAN_US), fc.nat(SPAN_US), (given, a, b, floor) => {
      const budget = new RecentBudget();
      const series = new RecentSeries<Trade>("trade", budget, 0);
      const added = given.map(({ us, venueUs, id, price }, i): Trade => {
        const times = { timestampUs: venueUs, receivedAtUs: us };
        const base = { ...times, symbol: "A", feed: "f", sequence: i + 1 };
        const trade = { ...base, type: "trade", price, size: 1, side: "buy", tradeId: id } as const;
        const message = encoder.encode(trade);
        series.add(trade, message);
        return decode("trade", message) as Trade;
      });
      assert.equal(series.length, added.length);
      assert.equal(budget.total, added.length);
      const expected = (fromUs: number, toUs: number) =>
        added.toSorted(compareRecords)
          .filter(({ receivedAtUs: us }) => us >= fromUs && us < toUs);
      const [fromUs, toUs] = [Math.min(a, b), Math.max(a, b)];
      assert.deepEqual(series.between(fromUs, toUs), expected(fromUs, toUs));
      assert.deepEqual([...series.walk(0, Infinity, "desc")], expected(0, Infinity).reverse());
      const kept = series.between(0, Infinity, toUs);
      const isEarly = ({ timestampUs, receivedAtUs }: Trade) =>
        receivedAtUs < toUs || timestampUs > 0 && timestampUs < toUs;
      assert.deepEqual(kept.filter(isEarly), expected(0, Infinity).filter(isEarly));
      assert.deepEqual(kept, expected(0, Infinity).filter((trade) => kept.some(isSame(trade))));
      series.raise(floor);
      assert.deepEqual(series.between(0, Infinity), expected(floor, Infinity));
      assert.equal(budget.total, series.length);
    }),
    { numRuns: 100 },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { assertSound, brokenFrames, replaced } from "../_fuzz_fixtures.ts";
import { feed } from "../_normalizer_fixtures.ts";
import { ackFrame, deltaFrame, kalshiNormalizer, numbered, snapshotFrame } from "./test_frames.ts";

const A = "KXA-26AUG01";
const SNAPSHOT = snapshotFrame(1, 1, A, [["0.4000", "5.00"]], [["0.5000", "5.00"]]);
const TRADE = {
  trade_id: "t1",
  market_ticker: A,
  yes_price_dollars: "0.4400",
  count_fp: "1.50",
  taker_outcome_side: "yes",
  ts: 1785542400,
};
const TICKER = {
  market_ticker: A,
  price_dollars: "0.4400",
  yes_bid_dollars: "0.4300",
  yes_bid_size_fp: "8.50",
  open_interest_fp: "50.25",
  ts: 1785542400,
  ts_ms: 1785542400000,
};
const FRAMES = [
  SNAPSHOT,
  snapshotFrame(1, 2, A, [["0.4000", "5.00"]], [["0.5000", "5.00"]]),
  deltaFrame(1, 2, A, "yes", "0.4000", "-1.00"),
  numbered("trade", 2, 1, TRADE),
  JSON.stringify({ type: "ticker", sid: 3, msg: TICKER }),
  numbered("market_lifecycle_v2", 4, 1, {
    market_ticker: A,
    event_type: "determined",
    result: "scalar",
    settlement_value: "0.4200",
    determination_ts: 1785542400,
  }),
  ackFrame("trade", 5),
  '{"type":"ok","id":4,"sid":1,"seq":2,"msg":{"market_tickers":[]}}',
  '{"type":"error","sid":1,"seq":2,"msg":{"code":25,"msg":"Subscription buffer overflow"}}',
  '{"id":2,"sid":1,"seq":2,"type":"unsubscribed"}',
];

const GARBAGE = [
  ...["-0.1", "1e5", "0.4000", "9".repeat(40), "0.00000001", "-5.00", "1.0000", A],
];

for (const id of ["kalshi-2021", "kalshi-2026-01", "kalshi-2026-03-12"]) {
  Deno.test(`${id}: frames with anything in any place are never thrown at, no number is wrong`, () => {
    const broken = brokenFrames(FRAMES.map((text) => JSON.parse(text) as unknown), GARBAGE);
    fc.assert(
      fc.property(broken, (frame) => {
        const normalizer = kalshiNormalizer([{ symbol: A, external: A }], id);
        feed(normalizer, ackFrame("orderbook_delta", 1), 1);
        feed(normalizer, SNAPSHOT, 1);
        const text = JSON.stringify(frame) ?? "null";
        const result = feed(normalizer, text, 2);
        assertSound(result, text);
        for (const event of result.events) {
          if (event.type !== "orderbook") continue;
          const levels = [...event.bids, ...event.asks];
          assert.ok(levels.every(({ price }) => price > 0 && price < 1), text);
          assert.ok(levels.every(({ size }) => size >= 0), text);
        }
        JSON.stringify(normalizer.state());
        normalizer.missing();
      }),
      { numRuns: 3000 },
    );
  });
}

Deno.test("missing or wrong fields of data frames are unreadable", () => {
  const bad: [string, string, unknown][] = [
    [FRAMES[2]!, "market_ticker", undefined],
    [FRAMES[2]!, "price_dollars", "0,4"],
    [FRAMES[2]!, "delta_fp", null],
    [FRAMES[2]!, "side", undefined],
    [FRAMES[1]!, "yes_dollars_fp", [["0.4000"]]],
    [FRAMES[1]!, "no_dollars_fp", {}],
    [FRAMES[3]!, "yes_price_dollars", undefined],
    [FRAMES[3]!, "count_fp", "many"],
    [FRAMES[3]!, "taker_outcome_side", 1],
    [FRAMES[4]!, "yes_bid_dollars", "43 cents"],
    [FRAMES[5]!, "event_type", undefined],
    [FRAMES[5]!, "settlement_value", "much"],
  ];
  for (const [text, field, value] of bad) {
    const normalizer = kalshiNormalizer([{ symbol: A, external: A }]);
    feed(normalizer, ackFrame("orderbook_delta", 1));
    feed(normalizer, SNAPSHOT);
    const result = feed(
      normalizer,
      JSON.stringify(replaced(JSON.parse(text), ["msg", field], value)),
    );
    assert.equal(result.notice?.type, "unreadable", `${field} of ${text}`);
    assert.ok(result.events.every((event) => event.type === "gap"));
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
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

/** Places in a JSON value: paths of keys. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const below = Array.isArray(value)
    ? value.flatMap((item, i) => pathsOf(item, [...path, i]))
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))
    : [];
  return [path, ...below];
}

function replaced(value: unknown, path: (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...value as object }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const garbage = fc.oneof(
  fc.constantFrom(null, [], {}, [[]], [null], "", "x", "-0.1", "1e5", -1, 0, 1e308, 2 ** 53, true),
  fc.constantFrom("0.4000", "9".repeat(40), "0.00000001", "-5.00", "1.0000", A),
  fc.constant({ toString: 0, valueOf: 0 }),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.constant(undefined),
);

for (const id of ["kalshi-2021", "kalshi-2026-01", "kalshi-2026-03-12"]) {
  Deno.test(`${id}: frames with anything in any place are never thrown at, no number is wrong`, () => {
    const cases = FRAMES.map((text) => JSON.parse(text) as unknown).flatMap((frame) =>
      pathsOf(frame).map((path) => ({ frame, path }))
    );
    fc.assert(
      fc.property(fc.constantFrom(...cases), garbage, ({ frame, path }, by) => {
        const normalizer = kalshiNormalizer([{ symbol: A, external: A }], id);
        feed(normalizer, ackFrame("orderbook_delta", 1), 1);
        feed(normalizer, SNAPSHOT, 1);
        const text = JSON.stringify(replaced(frame, path, by)) ?? "null";
        const result = feed(normalizer, text, 2);
        for (const event of result.events) {
          for (const value of Object.values(event)) {
            if (typeof value === "number") assert.ok(Number.isFinite(value), text);
          }
          if (event.type === "orderbook") {
            assert.ok(
              [...event.bids, ...event.asks].every((l) => l.price > 0 && l.price < 1),
              text,
            );
            assert.ok([...event.bids, ...event.asks].every((l) => l.size >= 0), text);
          }
        }
        assert.ok(result.events.length > 0 || result.notice !== undefined, text);
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

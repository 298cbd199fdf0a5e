import assert from "node:assert/strict";
import fc from "fast-check";
import { feed } from "../_normalizer_fixtures.ts";
import {
  bookFrame,
  instrumentFrame,
  krakenNormalizer,
  snapshotFrame,
  textChecksum,
  tradeFrame,
} from "./test_frames.ts";

const BTC = { symbol: "BTCUSD", external: "BTC/USD" };
const SNAPSHOT = snapshotFrame("BTC/USD", [["1.5", "2.0"]], [["1.6", "3.0"]]);
const UPDATE = bookFrame(
  "update",
  "BTC/USD",
  [["1.5", "1.0"]],
  [],
  textChecksum([["1.5", "1.0"]], [["1.6", "3.0"]]),
);
const TICKER =
  '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":1.5,"bid_qty":2,"ask":1.6,"ask_qty":3,"last":1.5,"volume":4,"timestamp":"2026-08-01T00:00:01Z"}]}';
const FRAMES = [
  SNAPSHOT,
  UPDATE,
  tradeFrame("update", [1]),
  TICKER,
  instrumentFrame("online"),
  '{"channel":"status","type":"update","data":[{"system":"online"}]}',
  '{"method":"subscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true}',
  '{"method":"subscribe","error":"No","success":false}',
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
  fc.constantFrom(null, [], {}, [[]], [null], "", "x", -1, 0, 1e308, 1e-308, 2 ** 53, true, "NaN"),
  fc.constantFrom("E:", "1e", "e5", "1e-", "1.5e400", "1e-400", "1.5.5", "0x10", " 1 "),
  fc.constant({ toString: 0, valueOf: 0 }),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.constant(undefined),
);

Deno.test("frames with anything in any place are never thrown at and never give wrong numbers", () => {
  const cases = FRAMES.map((text) => JSON.parse(text) as unknown).flatMap((frame) =>
    pathsOf(frame).map((path) => ({ frame, path }))
  );
  fc.assert(
    fc.property(fc.constantFrom(...cases), garbage, ({ frame, path }, by) => {
      const normalizer = krakenNormalizer([BTC]);
      feed(normalizer, SNAPSHOT, 1);
      const text = JSON.stringify(replaced(frame, path, by)) ?? "null";
      const result = feed(normalizer, text, 2);
      for (const event of result.events) {
        for (const value of Object.values(event)) {
          if (typeof value === "number") assert.ok(Number.isFinite(value), text);
        }
      }
      assert.ok(result.events.length > 0 || result.notice !== undefined, text);
      JSON.stringify(normalizer.state());
      normalizer.missing();
    }),
    { numRuns: 3000 },
  );
});

Deno.test("missing or wrong fields of data frames are unreadable", () => {
  const bad: [string, string, unknown][] = [
    [UPDATE, "symbol", 7],
    [UPDATE, "bids", {}],
    [UPDATE, "asks", [{ price: "1,5", qty: 1 }]],
    [UPDATE, "asks", [{ price: "1.5", qty: null }]],
    [UPDATE, "checksum", undefined],
    [UPDATE, "timestamp", "yesterday"],
    [tradeFrame("update", [2]), "trade_id", "7.5"],
    [tradeFrame("update", [2]), "side", "both"],
    [tradeFrame("update", [2]), "price", null],
    [TICKER, "bid", "one"],
    [TICKER, "symbol", undefined],
  ];
  for (const [text, field, value] of bad) {
    const normalizer = krakenNormalizer([BTC]);
    feed(normalizer, SNAPSHOT);
    const frame = replaced(JSON.parse(text), ["data", 0, field], value);
    const result = feed(normalizer, JSON.stringify(frame));
    assert.equal(result.notice?.type, "unreadable", `${field} of ${text}`);
    assert.ok(result.events.every((event) => event.type === "gap"));
  }
});

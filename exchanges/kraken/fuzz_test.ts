import assert from "node:assert/strict";
import fc from "fast-check";
import { assertSound, brokenFrames, replaced } from "../_fuzz_fixtures.ts";
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

const GARBAGE = [
  ...[1e-308, "NaN", "E:", "1e", "e5", "1e-", "1.5e400", "1e-400", "1.5.5", "0x10", " 1 "],
];

Deno.test("frames with anything in any place are never thrown at and never give wrong numbers", () => {
  const broken = brokenFrames(FRAMES.map((text) => JSON.parse(text) as unknown), GARBAGE);
  fc.assert(
    fc.property(broken, (frame) => {
      const normalizer = krakenNormalizer([BTC]);
      feed(normalizer, SNAPSHOT, 1);
      const text = JSON.stringify(frame) ?? "null";
      assertSound(feed(normalizer, text, 2), text);
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

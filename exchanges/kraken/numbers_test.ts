import assert from "node:assert/strict";
import fc from "fast-check";
import type { Normalizer } from "../adapter.ts";
import { Translator } from "../translator.ts";
import type { OrderBookUpdate, Ticker, Trade } from "@ssmd/market";
import { feed } from "../_normalizer_fixtures.ts";
import {
  bookFrame,
  brief,
  instrumentFrame,
  krakenNormalizer,
  snapshotFrame,
  textChecksum,
  type TextLevel,
  tradeFrame,
} from "./test_frames.ts";

const FLOKI = { symbol: "FLOKIUSD", external: "FLOKI/USD" };
const BTC = { symbol: "BTCUSD", external: "BTC/USD" };

/** 100,000,000 units at 8 decimals are 10^16 steps: more than 2^53. */
const LARGE =
  '{"channel":"book","type":"snapshot","data":[{"symbol":"FLOKI/USD","bids":[{"price":0.00004510,"qty":1500000.00000000},{"price":0.00004500,"qty":100000000.00000000}],"asks":[{"price":0.00004520,"qty":2000000.00000000}],"checksum":4238442664,"timestamp":"2026-11-28T10:00:00.123456Z"}]}';

/** The newest record of a normalizer's book of FLOKI. */
function bookOf(normalizer: Normalizer): OrderBookUpdate {
  const [book] = normalizer.snapshots();
  assert.ok(book?.type === "orderbook");
  return book;
}

Deno.test("a level of more than 2^53 steps makes a verified book", () => {
  const normalizer = krakenNormalizer([FLOKI]);
  const { events, notice, send } = feed(normalizer, LARGE);
  assert.deepEqual([notice, send], [undefined, []]);
  const [snapshot] = events as OrderBookUpdate[];
  assert.equal(snapshot?.checksum, "verified");
  assert.deepEqual(snapshot.bids, [{ price: 0.0000451, size: 1.5e6 }, {
    price: 0.000045,
    size: 1e8,
  }]);
});

Deno.test("steps are exact where doubles of neighbouring sizes are the same", () => {
  const normalizer = krakenNormalizer([FLOKI]);
  feed(normalizer, snapshotFrame("FLOKI/USD", [["1.00", "1.00000000"]], [["1.01", "2.00000000"]]));
  for (const size of ["1234567891.12345678", "1234567891.12345679"]) {
    const sum = textChecksum([["1.00", size]], [["1.01", "2.00000000"]]);
    const { events } = feed(
      normalizer,
      bookFrame("update", "FLOKI/USD", [["1.00", size]], [], sum),
    );
    assert.deepEqual(brief(events), ["delta FLOKIUSD"], size);
  }
});

Deno.test("a book with large levels goes on from its plain state", () => {
  const first = krakenNormalizer([FLOKI]);
  feed(first, LARGE);
  const second = krakenNormalizer([FLOKI]);
  second.restore(JSON.parse(JSON.stringify(first.state())));
  assert.deepEqual(bookOf(second), bookOf(first));
  const bids: TextLevel[] = [["0.00004510", "1500000.00000000"]];
  const asks: TextLevel[] = [["0.00004520", "2000000.00000000"]];
  const removal = bookFrame(
    "update",
    "FLOKI/USD",
    [["0.00004500", "0.00000000"]],
    [],
    textChecksum(bids, asks),
  );
  assert.deepEqual(brief(feed(second, removal).events), ["delta FLOKIUSD"]);
});

/** Sizes of up to 24 digits: below and above 2^53 steps. */
const anySize = fc.bigInt({ min: 0n, max: 10n ** 24n }).map((steps) => {
  const digits = String(steps).padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
});

Deno.test("books of any sizes verify as their texts do", () => {
  const price = fc.integer({ min: 1, max: 12 }).map((cents) =>
    `1.${String(cents).padStart(2, "0")}`
  );
  const change = fc.tuple(price, anySize);
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
    const normalizer = krakenNormalizer([FLOKI]);
    feed(normalizer, snapshotFrame("FLOKI/USD", [["1.00", "1.00000000"]], []));
    const reference = new Map([["1.00", "1.00000000"]]);
    for (const [at, size] of changes) {
      if (Number(size) === 0) reference.delete(at);
      else reference.set(at, size);
      const best = [...reference].sort(([a], [b]) => Number(b) - Number(a)).slice(0, 10);
      for (const [pushed] of [...reference].filter(([a]) => !best.some(([b]) => a === b))) {
        reference.delete(pushed);
      }
      const frame = bookFrame("update", "FLOKI/USD", [[at, size]], [], textChecksum(best, []));
      assert.deepEqual(brief(feed(normalizer, frame).events), ["delta FLOKIUSD"]);
    }
    const levels = [...reference].map(([at, size]) => ({ price: Number(at), size: Number(size) }));
    const expected = levels.sort((a, b) => b.price - a.price);
    assert.deepEqual(bookOf(normalizer).bids, expected);
  }));
});

Deno.test("an update without a side's key, or with null, leaves that side as it was", () => {
  for (const missing of ["bids", "asks"] as const) {
    for (const by of [undefined, null]) {
      const normalizer = krakenNormalizer([FLOKI]);
      feed(normalizer, LARGE);
      const frame = JSON.parse(LARGE);
      frame.type = "update";
      frame.data[0][missing] = by;
      const text = JSON.stringify(frame);
      const { events, notice } = normalizer.normalize(frame, text, 2);
      assert.deepEqual(
        [brief(events), notice],
        [["delta FLOKIUSD"], undefined],
        `${missing} ${by}`,
      );
    }
  }
});

/** The frame with all its numbers as texts. */
function withTexts(text: string): string {
  return text.replace(/:(-?\d+(?:\.\d+)?)(?=[,}])/g, ':"$1"');
}

const TICKER =
  '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":1.5,"bid_qty":2,"ask":1.6,"ask_qty":3,"last":1.5,"volume":4,"vwap":1.55,"trades":12,"low":1.4,"high":1.7,"timestamp":"2026-08-01T00:00:01Z"}]}';

Deno.test("numbers as texts give the same records as numbers", () => {
  const bids: TextLevel[] = [["1.50", "2.50000000"]];
  const asks: TextLevel[] = [["1.60", "100000000.00000000"]];
  const frames = [
    instrumentFrame("online", 2, 8),
    snapshotFrame("BTC/USD", bids, asks),
    bookFrame("update", "BTC/USD", [["1.50", "0.00000000"]], [], textChecksum([], asks)),
    tradeFrame("update", [10]),
    TICKER,
  ];
  const records = (change: (text: string) => string) => {
    const normalizer = krakenNormalizer([BTC]);
    return frames.flatMap((text) => {
      const { events, notice } = feed(normalizer, change(text));
      assert.notEqual(notice?.type, "unreadable", change(text));
      return events;
    });
  };
  assert.equal(records(withTexts).length, 5);
  assert.deepEqual(records(withTexts), records((text) => text));
});

Deno.test("a ticker's 0 and null stand for none, with the size beside it", () => {
  const zeros =
    '{"channel":"ticker","type":"update","data":[{"symbol":"X/USD","bid":0,"bid_qty":0,"ask":0,"ask_qty":0,"last":0,"volume":0,"vwap":0,"low":0,"high":0,"timestamp":"1970-01-01T00:00:00.000000Z"}]}';
  const [none] = feed(krakenNormalizer(), zeros).events as Ticker[];
  assert.ok(none !== undefined);
  const { timestampUs, bidPrice, bidSize, askPrice, askSize, lastPrice, volume24h } = none;
  assert.deepEqual(
    [timestampUs, bidPrice, bidSize, askPrice, askSize, lastPrice, volume24h],
    [0, null, null, null, null, null, 0],
  );
  assert.ok(!("vwap24h" in none) && !("low24h" in none) && !("high24h" in none));
  const nulls =
    '{"channel":"ticker","type":"update","data":[{"symbol":"X/USD","bid":1.5,"bid_qty":2,"ask":null,"ask_qty":null,"last":null,"volume":null,"timestamp":null}]}';
  const [some] = feed(krakenNormalizer(), nulls).events as Ticker[];
  assert.deepEqual([some?.bidPrice, some?.askPrice, some?.timestampUs], [1.5, null, 0]);
});

Deno.test("a ticker and a trade keep what the venue says more", () => {
  const [ticker] = feed(krakenNormalizer(), TICKER).events as Ticker[];
  assert.deepEqual(
    [ticker?.vwap24h, ticker?.trades24h, ticker?.low24h, ticker?.high24h],
    [1.55, 12, 1.4, 1.7],
  );
  const [trade] = feed(krakenNormalizer(), tradeFrame("update", [1])).events as Trade[];
  assert.equal(trade?.orderType, "limit");
});

Deno.test("a venue's time with an offset keeps its microseconds", () => {
  const text = tradeFrame("update", [1]).replace("01.000250Z", "01.000250+00:00");
  const [trade] = feed(krakenNormalizer(), text).events as Trade[];
  assert.equal(trade?.timestampUs, Date.UTC(2026, 7, 1, 0, 0, 1) * 1000 + 250);
});

Deno.test("trades that stand out of order in one update all come, and none is told missing", () => {
  const normalizer = krakenNormalizer([BTC]);
  feed(normalizer, tradeFrame("update", [10]));
  const { events } = feed(normalizer, tradeFrame("update", [12, 11]));
  assert.deepEqual(events.map((event) => event.type === "trade" && event.tradeId), ["11", "12"]);
});

Deno.test("the venue's maintenance is announced, begins, and ends", () => {
  const normalizer = krakenNormalizer();
  const printed = ["online", "upcoming_maintenance", "maintenance", "emergency", "online"].map(
    (system) => {
      const text = JSON.stringify({ channel: "status", type: "update", data: [{ system }] });
      const [event] = feed(normalizer, text).events;
      return event?.type === "status" ? [event.state, event.kind, event.detail] : [];
    },
  );
  assert.deepEqual(printed, [
    ["open", undefined, "online"],
    ["unknown", "notice", "upcoming_maintenance"],
    ["halted", "maintenance", "maintenance"],
    ["halted", "emergency", "emergency"],
    ["open", undefined, "online"],
  ]);
});

Deno.test("a frame of an unknown channel or method is counted and no gap", () => {
  const translator = new Translator("kraken", krakenNormalizer([BTC]));
  for (
    const text of [
      '{"channel":"balances_v9","type":"update","data":[{}]}',
      '{"channel":"grouped_book","payload":1}',
      '{"method":"edit_order","success":true,"result":{}}',
    ]
  ) {
    const { events, notice } = translator.line({ kind: "frame", atUs: 1, text });
    assert.deepEqual([events, notice?.type], [[], "unknown"], text);
  }
});

Deno.test("an unreadable frame makes one gap, for its symbol and channel where they can be told", () => {
  const gaps = (text: string) => {
    const translator = new Translator("kraken", krakenNormalizer([BTC]));
    const snapshot = snapshotFrame("BTC/USD", [["1.5", "1.0"]], []);
    translator.line({ kind: "frame", atUs: 1, text: snapshot });
    const { events } = translator.line({ kind: "frame", atUs: 2, text });
    return events.map((event) => event.type === "gap" && [event.symbol, event.channel]);
  };
  const update = bookFrame("update", "BTC/USD", [["1.5", "2.0"]], [], 1);
  assert.deepEqual(gaps(update.replace('"qty":2.0', '"qty":"two"')), [["BTCUSD", "orderbook"]]);
  assert.deepEqual(gaps(update.replace('"checksum":1', '"sum":1')), [["BTCUSD", "orderbook"]]);
  assert.deepEqual(gaps(update.replace('"symbol"', '"name"')), [["_all", "orderbook"]]);
  const trade = tradeFrame("update", [1]);
  assert.deepEqual(gaps(trade.replace('"price":', '"cost":')), [["BTCUSD", "trade"]]);
  assert.deepEqual(gaps(TICKER.replace('"bid":1.5', '"bid":"x"')), [["BTCUSD", "ticker"]]);
  assert.deepEqual(gaps("[1]"), [["_all", "all"]]);
  const [, element] = /"data":\[(.*)\]/.exec(update) ?? [];
  const wrongSum = '{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":7}';
  const both = update.replace(
    `[${element}]`,
    `[${element?.replace('"symbol"', '"name"')},${wrongSum}]`,
  );
  assert.deepEqual(gaps(both), [["BTCUSD", "orderbook"], ["_all", "orderbook"]]);
});

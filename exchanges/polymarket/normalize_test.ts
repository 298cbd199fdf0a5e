import assert from "node:assert/strict";
import type { OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";
import { polymarket } from "./venue.ts";
import {
  AT_US,
  bookOf,
  brief,
  changeOf,
  changesFrame,
  connectedNormalizer,
  feed,
  MARKET,
  NO,
  SPECS,
  YES,
} from "./test_frames.ts";

const BOOK_YES = bookOf(YES, [["0.001", "7"]], [["0.9", "5"], ["0.003", "2.5"]]);
const BOOK_NO = bookOf(NO, [["0.1", "5"], ["0.997", "2.5"]], [["0.999", "7"]]);

function withBooks() {
  const normalizer = connectedNormalizer();
  feed(normalizer, [BOOK_YES, BOOK_NO]);
  return normalizer;
}

Deno.test("polymarket: one frame subscribes all tokens, and no request is made for what came", () => {
  const normalizer = connectedNormalizer();
  assert.deepEqual(normalizer.subscribe().map((text) => JSON.parse(text)), [
    { assets_ids: [YES, NO], type: "market", custom_feature_enabled: true },
  ]);
  const { events } = feed(normalizer, [BOOK_YES, BOOK_NO]);
  assert.deepEqual(brief(events), ["snapshot RAIN-YES", "snapshot RAIN-NO"]);
  assert.deepEqual(normalizer.missing(), []);
  assert.deepEqual(normalizer.tick(AT_US + 3_600_000_000), { events: [], send: [] });
});

Deno.test("polymarket: a recorded book without bids has its best ask first", () => {
  const normalizer = connectedNormalizer();
  const { events } = feed(normalizer, {
    market: "0x3bc69c",
    asset_id: YES,
    timestamp: "1783132505573",
    hash: "460316ce02d5128c46e7255bca8f72dd8ad43065",
    bids: [],
    asks: [
      { price: "0.999", size: "19500402.66" },
      { price: "0.998", size: "2104152" },
      { price: "0.995", size: "20400" },
    ],
    tick_size: "0.001",
    event_type: "book",
    last_trade_price: "0.001",
  });
  const book = events[0] as OrderBookUpdate;
  assert.deepEqual(book.bids, []);
  assert.deepEqual(book.asks, [
    { price: 0.995, size: 20400 },
    { price: 0.998, size: 2104152 },
    { price: 0.999, size: 19500402.66 },
  ]);
  assert.equal(book.timestampUs, 1783132505573000);
  assert.equal(book.checksum, "unverified");
  assert.equal(book.depth, 0);
});

Deno.test("polymarket: a recorded price_change is a delta of each ordered outcome", () => {
  const normalizer = withBooks();
  const frame = changesFrame([
    changeOf(YES, ["SELL", "0.002", "319637.93"], ["0.001", "0.002"]),
    changeOf(NO, ["BUY", "0.998", "319637.93"], ["0.998", "0.999"]),
  ]);
  const [yes, no] = feed(normalizer, frame).events as OrderBookUpdate[];
  assert.deepEqual([yes?.kind, yes?.asks], ["delta", [{ price: 0.002, size: 319637.93 }]]);
  assert.deepEqual([no?.symbol, no?.bids], ["RAIN-NO", [{ price: 0.998, size: 319637.93 }]]);
  // The same once more changes nothing.
  feed(normalizer, frame);
  const [book] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual(book?.asks.map(({ price }) => price), [0.002, 0.003, 0.9]);
  const only = connectedNormalizer([SPECS[0]] as never);
  feed(only, BOOK_YES);
  assert.deepEqual(brief(feed(only, frame).events), ["delta RAIN-YES"]);
});

Deno.test("polymarket: a size of 0 removes a level, and an empty side's best price is 0", () => {
  const normalizer = withBooks();
  feed(normalizer, changesFrame([changeOf(YES, ["BUY", "0.001", "0"], ["0", "0.003"])]));
  const [book] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual(book?.bids, []);
  const later = changesFrame([changeOf(YES, ["SELL", "0.9", "1"], ["0", "0.003"])]);
  assert.deepEqual(brief(feed(normalizer, later, AT_US + 5_000_000).events), ["delta RAIN-YES"]);
});

Deno.test("polymarket: best prices that differ for a second are a loss, healed by a new book", () => {
  const normalizer = withBooks();
  const wrong = changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.002", "0.003"])]);
  assert.deepEqual(brief(feed(normalizer, wrong, AT_US + 1).events), ["delta RAIN-YES"]);
  const lost = feed(normalizer, wrong, AT_US + 1_000_001);
  assert.deepEqual(brief(lost.events), ["gap RAIN-YES orderbook sequence open"]);
  assert.equal(lost.notice?.type, "suspect");
  assert.equal(lost.events[0]?.type === "gap" && lost.events[0].fromUs, AT_US);
  assert.deepEqual(lost.send.map((text) => JSON.parse(text)), [
    { operation: "unsubscribe", assets_ids: [YES], custom_feature_enabled: true },
    { operation: "subscribe", assets_ids: [YES], custom_feature_enabled: true },
  ]);
  const dropped = feed(normalizer, wrong, AT_US + 1_000_002);
  assert.deepEqual([dropped.events, dropped.notice?.type], [[], "dropped"]);
  // What lies between the two subscriptions may have been a trade.
  const healed = feed(normalizer, BOOK_YES, AT_US + 1_100_000);
  assert.deepEqual(brief(healed.events), [
    "gap RAIN-YES orderbook sequence recovered",
    "snapshot RAIN-YES",
    "gap RAIN-YES trade subscription",
  ]);
  assert.deepEqual(normalizer.missing(), []);
});

Deno.test("polymarket: best prices that differ for a second are a loss in a quiet market, too", () => {
  const normalizer = withBooks();
  const wrong = changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.002", "0.003"])]);
  feed(normalizer, wrong, AT_US + 1);
  assert.equal(normalizer.dueUs(), AT_US + 1_000_001);
  assert.deepEqual(normalizer.tick(AT_US + 1_000_000).events, []);
  const { events, send, notice } = normalizer.tick(AT_US + 1_000_001);
  assert.deepEqual(brief(events), ["gap RAIN-YES orderbook sequence open"]);
  assert.equal(events[0]?.type === "gap" && events[0].fromUs, AT_US);
  assert.equal(notice?.type, "suspect");
  assert.equal(send.length, 2);
  assert.deepEqual(brief(normalizer.snapshots()), ["snapshot RAIN-NO"]);
});

Deno.test("polymarket: best prices that are ahead of a burst's changes are no loss", () => {
  const normalizer = withBooks();
  const ahead = changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.002", "0.003"])]);
  const behind = changesFrame([changeOf(YES, ["BUY", "0.002", "4"], ["0.002", "0.003"])]);
  feed(normalizer, ahead, AT_US + 1);
  feed(normalizer, behind, AT_US + 2);
  feed(normalizer, ahead, AT_US + 5_000_000);
  assert.deepEqual(normalizer.missing(), []);
});

Deno.test("polymarket: fills of one transaction have names of their own", () => {
  const normalizer = withBooks();
  const fill = {
    market: MARKET,
    asset_id: YES,
    price: "0.002",
    size: "219.217767",
    fee_rate_bps: "0",
    side: "BUY",
    timestamp: "1790491136945",
    event_type: "last_trade_price",
    transaction_hash: "0x7a",
  };
  const trades = [1, 2].flatMap(() => feed(normalizer, fill).events) as Trade[];
  assert.deepEqual(trades.map(({ tradeId }) => tradeId), ["0x7a", "0x7a-2"]);
  const { price, size, side, timestampUs } = trades[0] as Trade;
  assert.deepEqual([price, size, side, timestampUs], [0.002, 219.217767, "buy", AT_US]);
  assert.equal((feed(normalizer, { ...fill, asset_id: NO }).events[0] as Trade).tradeId, "0x7a");
  const unnamed = feed(normalizer, { ...fill, transaction_hash: undefined }).events[0] as Trade;
  assert.equal(unnamed.tradeId, "");
});

Deno.test("polymarket: best prices are a ticker, and 0 and 1 are none", () => {
  const normalizer = withBooks();
  const event = { market: MARKET, asset_id: YES, best_bid: "0", best_ask: "0.003" };
  const [ticker] = feed(normalizer, { ...event, event_type: "best_bid_ask", timestamp: "7" })
    .events as Ticker[];
  assert.deepEqual([ticker?.bidPrice, ticker?.askPrice, ticker?.timestampUs], [null, 0.003, 7000]);
  assert.deepEqual([ticker?.bidSize, ticker?.lastPrice, ticker?.volume24h], [null, null, null]);
  const over = { ...event, event_type: "best_bid_ask", best_bid: "0.999", best_ask: "1" };
  const [alone] = feed(normalizer, over).events as Ticker[];
  assert.deepEqual([alone?.bidPrice, alone?.askPrice], [0.999, null]);
  assert.equal(feed(normalizer, { ...over, best_ask: "1.01" }).notice?.type, "unreadable");
});

Deno.test("polymarket: a new tick size is news of terms, and the book goes on in its prices", () => {
  const normalizer = withBooks();
  const event = { asset_id: YES, market: MARKET, old_tick_size: "0.01", new_tick_size: "0.0025" };
  const [status] = feed(normalizer, { ...event, event_type: "tick_size_change" })
    .events as Status[];
  assert.equal(status?.kind, "terms");
  assert.equal(status?.priceLevelStructure, "0.0025");
  const fine = changesFrame([changeOf(YES, ["SELL", "0.0025", "4"], ["0.001", "0.0025"])]);
  assert.deepEqual((feed(normalizer, fine).events[0] as OrderBookUpdate).asks, [
    { price: 0.0025, size: 4 },
  ]);
});

Deno.test("polymarket: lives are told once, of ordered tokens alone, and a settled one is over", () => {
  const normalizer = withBooks();
  const life = { id: "9", question: "Rain?", market: MARKET, timestamp: "1790491136945" };
  // A list may be the text of one.
  const listed = { ...life, event_type: "new_market", assets_ids: JSON.stringify([YES, "7"]) };
  assert.deepEqual(brief(feed(normalizer, listed).events), ["status RAIN-YES listed"]);
  assert.deepEqual(feed(normalizer, listed).notice?.type, "ignored");
  const other = { ...listed, assets_ids: ["7", "8"] };
  assert.deepEqual(feed(normalizer, other), {
    events: [],
    send: [],
    news: [other],
    notice: { type: "ignored", what: "new_market of another market" },
  });
  const resolved = {
    ...{ ...life, event_type: "market_resolved", assets_ids: [YES, NO] },
    ...{ winning_asset_id: NO, winning_outcome: "No" },
  };
  const ends = feed(normalizer, resolved).events as Status[];
  assert.deepEqual(
    ends.map(({ symbol, state, result, settlementValue }) => [
      ...[symbol, state, result, settlementValue],
    ]),
    [["RAIN-YES", "settled", "no", 0], ["RAIN-NO", "settled", "yes", 1]],
  );
  normalizer.disconnected(AT_US, AT_US + 1, { why: "cut" });
  assert.deepEqual(normalizer.subscribe(), []);
  const split = feed(withBooks(), { ...resolved, winning_asset_id: "" }).events as Status[];
  assert.deepEqual(
    split.map(({ state, result, settlementValue }) => [state, result, settlementValue]),
    [["settled", "", undefined], ["settled", "", undefined]],
  );
  const strange = feed(withBooks(), { ...resolved, winning_asset_id: "7" });
  assert.deepEqual([strange.events, strange.notice?.type], [[], "unreadable"]);
});

Deno.test("polymarket: a resolution with another winner is news, and a late listing takes none back", () => {
  const normalizer = withBooks();
  const life = { market: MARKET, assets_ids: [YES, NO], timestamp: "1790491136945" };
  const resolved = { ...life, event_type: "market_resolved", winning_asset_id: "" };
  const listed = { ...life, event_type: "new_market" };
  const steps = [resolved, listed, resolved, { ...resolved, winning_asset_id: NO }, listed];
  const reported = [...steps, resolved, { ...resolved, winning_asset_id: YES }].map((frame) =>
    (feed(normalizer, frame).events as Status[]).map(({ state, result }) => `${state} ${result}`)
  );
  assert.deepEqual(reported, [
    ["settled ", "settled "],
    ...[[], []],
    ["settled no", "settled yes"],
    ...[[], []],
    ["settled yes", "settled no"],
  ]);
});

Deno.test("polymarket: a break is a gap that ends with fresh books; lives between are lost", () => {
  const normalizer = withBooks();
  const gap = normalizer.disconnected(AT_US + 5, AT_US + 9, { why: "cut" });
  assert.deepEqual(brief(gap), ["gap _all all disconnect open"]);
  assert.deepEqual(normalizer.snapshots(), []);
  assert.equal(normalizer.subscribe().length, 1);
  normalizer.connected(AT_US + 20);
  const { events } = feed(normalizer, [BOOK_YES], AT_US + 30);
  assert.deepEqual(brief(events).toSorted(), [
    "gap _all all disconnect recovered",
    "gap _all status disconnect",
    "snapshot RAIN-YES",
  ]);
  // The other outcome's book stays away: its gap opens, and it is asked for.
  const late = normalizer.tick(AT_US + 20 + 10_000_000);
  assert.deepEqual(brief(late.events), [
    "gap RAIN-NO orderbook subscription open",
    "gap RAIN-NO ticker subscription open",
    "gap RAIN-NO trade subscription open",
  ]);
  assert.deepEqual(late.send.map((text) => JSON.parse(text)), [
    { operation: "subscribe", assets_ids: [NO], custom_feature_enabled: true },
  ]);
});

Deno.test("polymarket: a quiet channel is doubted only where the book is silent, too", () => {
  const normalizer = withBooks();
  const quiet = normalizer.doubt("trade", "RAIN-YES", AT_US - 1, AT_US + 1);
  assert.deepEqual(quiet, { events: [], send: [] });
  const silent = normalizer.doubt("trade", "RAIN-YES", AT_US + 1, AT_US + 60_000_000);
  assert.deepEqual(silent.send.length, 2);
  const again = feed(normalizer, BOOK_YES, AT_US + 60_100_000);
  assert.deepEqual(brief(again.events), ["snapshot RAIN-YES", "gap RAIN-YES trade subscription"]);
});

Deno.test("polymarket: an unreadable level loses the book of its token alone", () => {
  const normalizer = withBooks();
  const bad = changesFrame([
    changeOf(YES, ["SELL", "1.5", "1"], ["0.001", "0.003"]),
    changeOf(NO, ["BUY", "0.9", "1"], ["0.997", "0.999"]),
  ]);
  const result = feed(normalizer, bad);
  assert.deepEqual(brief(result.events), ["gap RAIN-YES orderbook parse open", "delta RAIN-NO"]);
  assert.deepEqual(result.notice, {
    ...{ type: "unreadable", symbol: "RAIN-YES", channel: "orderbook", isCovered: true },
    reason: "A change of RAIN-YES is unreadable.",
  });
  const headless = feed(normalizer, { market: MARKET, event_type: "price_change" });
  assert.deepEqual(brief(headless.events), ["gap RAIN-NO orderbook parse open"]);
});

Deno.test("polymarket: a book that an array of events first changes and then loses is asked for", () => {
  const normalizer = withBooks();
  const result = feed(normalizer, [
    changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.001", "0.003"])]),
    changesFrame([changeOf(YES, ["SELL", "0.9", "four"], ["0.001", "0.003"])]),
  ]);
  assert.deepEqual(brief(result.events), ["gap RAIN-YES orderbook parse open"]);
  assert.equal(result.send.length, 2);
  assert.deepEqual(brief(feed(normalizer, BOOK_YES, AT_US + 9).events).slice(0, 2), [
    "gap RAIN-YES orderbook parse recovered",
    "snapshot RAIN-YES",
  ]);
});

Deno.test("polymarket: events of other types are counted, and what is none is unreadable", () => {
  const normalizer = withBooks();
  assert.equal(feed(normalizer, { event_type: "weather" }).notice?.type, "unknown");
  assert.equal(feed(normalizer, []).notice?.type, "ignored");
  for (const value of [null, "PONG", 7, [null], {}, [[]]]) {
    assert.equal(feed(normalizer, value).notice?.type, "unreadable", JSON.stringify(value));
  }
  const parts = [
    null,
    { event_type: "last_trade_price" },
    changesFrame([changeOf(YES, ["SELL", "0.9", "x"], ["0.001", "0.003"])]),
    { event_type: "weather" },
  ];
  const later = changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.001", "0.003"])]);
  for (const frame of [parts, parts.toReversed(), [...parts, later]]) {
    const { notice } = feed(normalizer, frame);
    assert.ok(notice?.type === "unreadable", JSON.stringify(frame));
    assert.deepEqual([notice.symbol, notice.channel, notice.isCovered], [
      undefined,
      undefined,
      undefined,
    ]);
  }
});

Deno.test("polymarket: a normalizer from another's state goes on as that one", () => {
  const first = withBooks();
  const wrong = changesFrame([changeOf(YES, ["SELL", "0.9", "4"], ["0.002", "0.003"])]);
  feed(first, wrong, AT_US + 1);
  const second = connectedNormalizer();
  second.restore(JSON.parse(JSON.stringify(first.state())));
  assert.deepEqual(feed(second, wrong, AT_US + 2_000_000), feed(first, wrong, AT_US + 2_000_000));
  assert.deepEqual(second.state(), first.state());
});

Deno.test("polymarket: its own snapshots of books give equal books", () => {
  const first = withBooks();
  const second = connectedNormalizer();
  for (const text of first.snapshotFrames()) feed(second, JSON.parse(text));
  const levels = (each: typeof first) =>
    (each.snapshots() as OrderBookUpdate[]).map(({ bids, asks }) => ({ bids, asks }));
  assert.deepEqual(levels(second), levels(first));
});

Deno.test("polymarket: a token that is taken off is unsubscribed, and gives no more records", () => {
  const normalizer = withBooks();
  const { send } = normalizer.takeOff(["RAIN-YES"], AT_US + 1);
  assert.deepEqual(send.map((text) => JSON.parse(text).operation), ["unsubscribe"]);
  const late = feed(normalizer, [BOOK_YES, BOOK_NO], AT_US + 2);
  assert.deepEqual(brief(late.events), ["snapshot RAIN-NO"]);
});

Deno.test("polymarket: a name of a market is a token id, and a condition id is told apart", () => {
  assert.equal(polymarket.externalProblem(YES), undefined);
  assert.match(polymarket.externalProblem(MARKET) ?? "", /condition id/);
  assert.match(polymarket.externalProblem("7.13e+76") ?? "", /in quotes/);
});

import assert from "node:assert/strict";
import { ALL_SYMBOLS } from "@ssmd/market";
import type { Normalizer, Venue } from "./adapter.ts";
import { kalshi } from "./kalshi/mod.ts";
import { kraken } from "./kraken/mod.ts";

const AT_US = 1_790_000_000_000_000;

function normalizerOf(venue: Venue, externals: readonly string[]): Normalizer {
  const symbols = externals.map((external) => ({ external, symbol: venue.symbolOf(external) }));
  const version = venue.normalizers.at(-1);
  assert.ok(version);
  return version.create({ feed: venue.id, symbols });
}

/** Gives frames of which each is JSON. */
function feed(normalizer: Normalizer, frames: readonly object[]) {
  return frames.flatMap((frame, i) =>
    normalizer.normalize(frame, JSON.stringify(frame), AT_US + i).events
  );
}

const KRAKEN_TICKER = (symbol: string) => ({
  channel: "ticker",
  type: "update",
  data: [{
    ...{ symbol, bid: 1, bid_qty: 1, ask: 2, ask_qty: 1, last: 1, volume: 1, vwap: 1 },
    ...{ low: 1, high: 2, change: 0, change_pct: 0 },
  }],
});

Deno.test("kraken: markets that are taken off are unsubscribed, and nothing more comes of them", () => {
  const normalizer = normalizerOf(kraken, ["BTC/USD", "ETH/USD"]);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  assert.deepEqual(
    feed(normalizer, [KRAKEN_TICKER("BTC/USD"), KRAKEN_TICKER("ETH/USD")]).map(({ symbol }) =>
      symbol
    ),
    ["BTCUSD", "ETHUSD"],
  );
  const { send, events } = normalizer.takeOff(["BTCUSD"], AT_US);
  assert.deepEqual(events, []);
  const asked = send.map((text) => JSON.parse(text)).map(({ method, params }) =>
    `${method} ${params.channel} ${params.symbol}`
  );
  assert.deepEqual(asked, ["trade", "ticker", "book"].map((each) => `unsubscribe ${each} BTC/USD`));
  assert.deepEqual(
    feed(normalizer, [KRAKEN_TICKER("BTC/USD"), KRAKEN_TICKER("ETH/USD")]).map(({ symbol }) =>
      symbol
    ),
    ["ETHUSD"],
  );
  // What was taken off is asked for no more, however long it is silent.
  const later = normalizer.tick(AT_US + 3_600_000_000);
  assert.ok(!JSON.stringify(later).includes("BTC"), JSON.stringify(later));
  assert.ok(!normalizer.subscribe().join().includes("BTC/USD"));
  assert.ok(normalizer.missing().every(({ symbol }) => symbol !== "BTCUSD"));
});

const KALSHI_FRAMES = (ticker: string, seq: number) => [
  {
    ...{ type: "orderbook_snapshot", sid: 1, seq },
    msg: { market_ticker: ticker, market_id: "x", yes_dollars_fp: [["0.0300", "5213.00"]] },
  },
];
const ACKS = ["orderbook_delta", "ticker", "trade", "market_lifecycle_v2"].map((channel, i) => ({
  ...{ type: "subscribed", id: i + 1, msg: { channel, sid: i + 1 } },
}));

Deno.test("kalshi: markets are taken off their subscriptions, whose numbers go on without a gap", () => {
  const normalizer = normalizerOf(kalshi, ["KXA-1", "KXB-1"]);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  feed(normalizer, [...ACKS, ...KALSHI_FRAMES("KXA-1", 1), ...KALSHI_FRAMES("KXB-1", 2)]);
  const { send } = normalizer.takeOff(["KXA-1"], AT_US);
  const asked = send.map((text) => JSON.parse(text).params);
  assert.deepEqual(
    asked,
    [1, 2, 3].map((sid) => ({ sid, market_tickers: ["KXA-1"], action: "delete_markets" })),
  );
  const ok = { type: "ok", id: 9, sid: 1, seq: 4, msg: { market_tickers: ["KXB-1"] } };
  const delta = (market_ticker: string, seq: number) => ({
    ...{ type: "orderbook_delta", sid: 1, seq },
    msg: { market_ticker, market_id: "x", price_dollars: "0.0300", delta_fp: "1.00", side: "yes" },
  });
  const events = feed(normalizer, [delta("KXA-1", 3), ok, delta("KXB-1", 5)]);
  assert.deepEqual(events.map(({ type, symbol }) => `${type} ${symbol}`), ["orderbook KXB-1"]);
  assert.ok(!JSON.stringify(normalizer.tick(AT_US + 3_600_000_000)).includes("KXA-1"));
  assert.deepEqual(normalizer.snapshots().map(({ symbol }) => symbol), ["KXB-1"]);
});

Deno.test("a state after markets were taken off restores to an equal normalizer", () => {
  for (
    const [venue, names] of [[kraken, ["BTC/USD", "ETH/USD"]], [kalshi, [
      "KXA-1",
      "KXB-1",
    ]]] as const
  ) {
    const normalizer = normalizerOf(venue, names);
    normalizer.subscribe();
    normalizer.connected(AT_US);
    if (venue === kalshi) feed(normalizer, [...ACKS, ...KALSHI_FRAMES("KXB-1", 1)]);
    normalizer.takeOff([venue.symbolOf(names[0])], AT_US);
    const state = normalizer.state();
    const restored = normalizerOf(venue, names.slice(1));
    restored.restore(JSON.parse(JSON.stringify(state)));
    assert.deepEqual(restored.state(), state);
    const later = AT_US + 60_000_000;
    assert.deepEqual(restored.tick(later), normalizer.tick(later));
    assert.deepEqual(restored.missing(), normalizer.missing());
  }
});

Deno.test("the gap of a market that is taken off ends", () => {
  const normalizer = normalizerOf(kraken, ["BTC/USD", "ETH/USD"]);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  const open = normalizer.tick(AT_US + 11_000_000).events;
  assert.ok(open.some(({ type, symbol }) => type === "gap" && symbol === "BTCUSD"));
  const { events } = normalizer.takeOff(["BTCUSD"], AT_US + 12_000_000);
  assert.ok(events.length > 0);
  for (const event of events) {
    assert.ok(event.type === "gap" && event.recovered && event.symbol === "BTCUSD");
    assert.notEqual(event.symbol, ALL_SYMBOLS);
  }
});

const params = (send: readonly string[]) =>
  send.map((text) => JSON.parse(text)).map(({ cmd, method, params }) => ({
    ...{ asks: cmd ?? method },
    ...params,
  }));

Deno.test("kalshi: markets are added to the subscriptions that there are, and confirmed by ok", () => {
  const normalizer = normalizerOf(kalshi, ["KXA-1"]);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  feed(normalizer, [...ACKS, ...KALSHI_FRAMES("KXA-1", 1)]);
  const { send } = normalizer.takeOn([{ symbol: "KXB-1", external: "KXB-1" }], AT_US);
  assert.deepEqual(
    params(send),
    [1, 2, 3].map((sid) => ({
      ...{ asks: "update_subscription", sid, market_tickers: ["KXB-1"], action: "add_markets" },
    })),
  );
  const oks = send.map((text, i) => ({
    ...{ type: "ok", id: JSON.parse(text).id, sid: i + 1, seq: i === 0 ? 2 : 1, msg: {} },
  }));
  feed(normalizer, oks);
  assert.deepEqual(normalizer.missing().map(({ channel }) => channel), ["orderbook"]);
  const events = feed(normalizer, KALSHI_FRAMES("KXB-1", 3));
  assert.deepEqual(events.map(({ type, symbol }) => `${type} ${symbol}`), ["orderbook KXB-1"]);
  assert.deepEqual(normalizer.missing(), []);
  assert.deepEqual(normalizer.snapshots().map(({ symbol }) => symbol), ["KXA-1", "KXB-1"]);
  assert.equal(normalizer.tick(AT_US + 3_600_000_000).send.length, 0);
});

Deno.test("kraken: with markets that are added the list of pairs comes anew, which has their precision", () => {
  const normalizer = normalizerOf(kraken, ["BTC/USD"]);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  const pair = { symbol: "BTC/USD", status: "online", price_precision: 1, qty_precision: 8 };
  const list = { channel: "instrument", type: "snapshot", data: { assets: [], pairs: [pair] } };
  feed(normalizer, [list]);
  const { send, events } = normalizer.takeOn([{ symbol: "ETHUSD", external: "ETH/USD" }], AT_US);
  assert.deepEqual(events, []);
  assert.deepEqual(
    params(send).map(({ asks, channel, symbol = [] }) => `${asks} ${channel} ${symbol}`),
    [
      ...["unsubscribe instrument ", "subscribe instrument "],
      ...["trade", "ticker", "book"].map((each) => `subscribe ${each} ETH/USD`),
    ],
  );
  // One that went and comes again is heard again.
  normalizer.takeOff(["BTCUSD"], AT_US);
  normalizer.takeOn([{ symbol: "BTCUSD", external: "BTC/USD" }], AT_US);
  assert.equal(feed(normalizer, [KRAKEN_TICKER("BTC/USD")])[0]?.symbol, "BTCUSD");
});

Deno.test("a state after markets were added restores to an equal normalizer of all of them", () => {
  for (const venue of [kraken, kalshi]) {
    const [first, second] = venue === kraken ? ["BTC/USD", "ETH/USD"] : ["KXA-1", "KXB-1"];
    assert.ok(first !== undefined && second !== undefined);
    const normalizer = normalizerOf(venue, [first]);
    normalizer.subscribe();
    normalizer.connected(AT_US);
    if (venue === kalshi) feed(normalizer, [...ACKS, ...KALSHI_FRAMES("KXA-1", 1)]);
    normalizer.takeOn([{ external: second, symbol: venue.symbolOf(second) }], AT_US);
    const restored = normalizerOf(venue, [first, second]);
    restored.restore(JSON.parse(JSON.stringify(normalizer.state())));
    assert.deepEqual(restored.state(), normalizer.state());
    const later = AT_US + 60_000_000;
    assert.deepEqual(restored.tick(later), normalizer.tick(later));
    assert.deepEqual(restored.subscribe(), normalizer.subscribe());
  }
});

Deno.test("a connection without a market takes none of the others' lives for its own", () => {
  const normalizer = normalizerOf(kalshi, []);
  normalizer.takeOn([], AT_US);
  normalizer.subscribe();
  normalizer.connected(AT_US);
  const life = (market_ticker: string, event_type: string) => ({
    ...{ type: "market_lifecycle_v2", sid: 1, seq: 1 },
    msg: { market_ticker, event_type },
  });
  const of = (frame: object) => normalizer.normalize(frame, JSON.stringify(frame), AT_US);
  const foreign = of(life("KXA-1", "activated"));
  assert.deepEqual([foreign.events, foreign.news?.length], [[], 1]);
  const restored = normalizerOf(kalshi, []);
  restored.restore(JSON.parse(JSON.stringify(normalizer.state())));
  assert.deepEqual(restored.state(), normalizer.state());
  normalizer.takeOn([{ symbol: "KXA-1", external: "KXA-1" }], AT_US);
  assert.equal(of({ ...life("KXA-1", "deactivated"), seq: 2 }).events.length, 1);
});

const KRAKEN_TRADES = (...ids: number[]) => ({
  channel: "trade",
  type: "snapshot",
  data: ids.map((trade_id) => ({
    ...{ symbol: "BTC/USD", side: "buy", price: 1, qty: 1, ord_type: "limit", trade_id },
    timestamp: new Date((AT_US + trade_id) / 1000).toISOString(),
  })),
});

Deno.test("kraken: a market that another shard had goes on behind its last trade, with a gap", () => {
  const before = normalizerOf(kraken, ["BTC/USD"]);
  before.connected(AT_US);
  feed(before, [KRAKEN_TRADES(1, 2)]);
  before.takeOff(["BTCUSD"], AT_US + 10, AT_US + 5);
  const { left, ...memory } = before.carried()["BTC/USD"] ?? {};
  assert.equal(left, AT_US + 5);
  const after = normalizerOf(kraken, ["ETH/USD"]);
  after.connected(AT_US);
  const handover = { fromUs: AT_US + 5, planned: true, carried: { "BTC/USD": memory } };
  const spec = { external: "BTC/USD", symbol: "BTCUSD" };
  const { events, send } = after.takeOn([spec], AT_US + 20, handover);
  assert.deepEqual(
    events.map((each) =>
      each.type === "gap" && [each.channel, each.reason, each.fromUs, each.toUs]
    ),
    ["trade", "ticker", "orderbook"].map((channel) => [channel, "planned", AT_US + 5, 0]),
  );
  assert.ok(send.some((text) => text.includes("BTC/USD")));
  // A restart in between knows of the gap, and since when the market is here.
  const restored = normalizerOf(kraken, ["ETH/USD", "BTC/USD"]);
  restored.connected(AT_US);
  restored.carry(JSON.parse(JSON.stringify(after.carried())));
  assert.equal(restored.carried()["BTC/USD"]?.["taken"], AT_US + 5);
  for (const each of [after, restored]) {
    const [end, trade, ...more] = feed(each, [KRAKEN_TRADES(1, 2, 3)]);
    assert.ok(end?.type === "gap" && end.recovered && end.fromUs === AT_US + 5);
    assert.ok(trade?.type === "trade" && trade.tradeId === "3");
    assert.deepEqual(more, []);
  }
});

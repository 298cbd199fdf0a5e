import assert from "node:assert/strict";
import type { Gap, MarketEvent } from "@ssmd/market";
import type { Normalizer, Venue } from "./adapter.ts";
import { kalshi } from "./kalshi/mod.ts";
import { kraken } from "./kraken/mod.ts";
import { polymarket } from "./polymarket/mod.ts";

const SECOND_US = 1_000_000;

function normalizerOf(venue: Venue, externals: readonly string[]): Normalizer {
  const version = venue.normalizers.at(-1);
  assert.ok(version);
  const symbols = externals.map((external, i) => ({ external, symbol: `S${i}` }));
  return version.create({ feed: venue.id, symbols });
}

/** Gives frames at seconds, after a break that ended at second 100. */
function afterBreak(normalizer: Normalizer, frames: readonly (readonly [number, unknown])[]) {
  const events = frames.flatMap(([second, json]) => {
    if (second === 100) {
      normalizer.disconnected(90 * SECOND_US, 95 * SECOND_US, { why: "cut" });
      normalizer.connected(100 * SECOND_US);
    }
    const atUs = second * SECOND_US;
    return json === undefined
      ? normalizer.tick(atUs).events
      : normalizer.normalize(json, JSON.stringify(json), atUs).events;
  });
  return gapsOf(events.filter(({ receivedAtUs }) => receivedAtUs >= 100 * SECOND_US));
}

function gapsOf(events: readonly MarketEvent[]) {
  return events.filter((event): event is Gap => event.type === "gap" && event.channel !== "status")
    .map(({ symbol, channel, reason, fromUs, toUs }) =>
      `${symbol} ${channel} ${reason} ${fromUs / SECOND_US}-${toUs / SECOND_US}`
    );
}

const ack = (channel: string, id: number, sid: number) => ({
  type: "subscribed",
  id,
  msg: { channel, sid },
});
const kalshiBook = (ticker: string, seq: number) => ({
  ...{ type: "orderbook_snapshot", sid: 1, seq },
  msg: { market_ticker: ticker, yes_dollars_fp: [["0.4000", "5.00"]] },
});

Deno.test("kalshi: trades and tickers that are confirmed late after a break are missing until then", () => {
  const acks = (second: number) =>
    [
      [second, ack("orderbook_delta", 1, 1)],
      [second, kalshiBook("A", 1)],
      [second, kalshiBook("B", 2)],
    ] as const;
  const others = (second: number) =>
    [
      [second, ack("ticker", 2, 2)],
      [second, ack("trade", 3, 3)],
    ] as const;
  const run = (lateS: number) => {
    const normalizer = normalizerOf(kalshi, ["A", "B"]);
    normalizer.connected(SECOND_US);
    return afterBreak(normalizer, [
      ...[...acks(2), ...others(2)],
      [100, undefined] as const,
      ...[...acks(101), ...others(101 + lateS)],
    ]);
  };
  assert.deepEqual(run(0), ["_all all disconnect 90-101"]);
  assert.deepEqual(run(8), [
    "_all all disconnect 90-101",
    ...["S0 ticker", "S1 ticker", "S0 trade", "S1 trade"].map((what) =>
      `${what} subscription 101-109`
    ),
  ]);
});

const book = (asset_id: string) => ({
  ...{ event_type: "book", market: "0xef", asset_id, timestamp: "1790491136945" },
  ...{ bids: [{ price: "0.4", size: "5" }], asks: [] },
});

Deno.test("polymarket: a token whose book comes late after a break was missing until then", () => {
  const normalizer = normalizerOf(polymarket, ["11", "22"]);
  normalizer.connected(SECOND_US);
  const gaps = afterBreak(normalizer, [
    [2, [book("11"), book("22")]],
    [100, undefined],
    [101, book("11")],
    [106, book("22")],
    // What was asked for again since is another thing.
    [107, book("22")],
  ]);
  assert.deepEqual(gaps, [
    "_all all disconnect 90-101",
    ...["orderbook", "ticker", "trade"].map((type) => `S1 ${type} subscription 101-106`),
  ]);
});

const krakenTrade = (symbol: string, type: string, id: number) => ({
  ...{ channel: "trade", type },
  data: [{
    ...{ symbol, side: "buy", price: 1, qty: 1, ord_type: "limit", trade_id: id },
    timestamp: "2026-08-01T00:00:01.000250Z",
  }],
});
const krakenTicker = (symbol: string) => ({
  ...{ channel: "ticker", type: "snapshot" },
  data: [{ symbol, bid: 1, bid_qty: 1, ask: 2, ask_qty: 1, last: 1, volume: 1 }],
});

Deno.test("kraken: trades that come late after a break are complete by their ids, tickers are not", () => {
  const normalizer = normalizerOf(kraken, ["BTC/USD", "ETH/USD"]);
  normalizer.connected(SECOND_US);
  const all = (symbol: string, second: number, id: number) =>
    [
      [second, krakenTrade(symbol, "snapshot", id)],
      [second, krakenTicker(symbol)],
    ] as const;
  const gaps = afterBreak(normalizer, [
    ...[...all("BTC/USD", 2, 7), ...all("ETH/USD", 2, 7)],
    [100, undefined],
    ...[...all("BTC/USD", 101, 8), ...all("ETH/USD", 105, 8)],
  ]);
  assert.deepEqual(gaps, [
    "_all all disconnect 90-101",
    "S1 ticker subscription 101-105",
  ]);
});

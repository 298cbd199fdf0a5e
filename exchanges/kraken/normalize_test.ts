import assert from "node:assert/strict";
import type { Gap, OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";
import { feed, suspectBooks } from "../_normalizer_fixtures.ts";
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
import { kraken } from "./venue.ts";

const BTC = { symbol: "BTCUSD", external: "BTC/USD" };
const ETH = { symbol: "ETHER", external: "ETH/USD", depth: 25 };
const BIDS: TextLevel[] = [["100.0", "1.50000000"], ["99.5", "0.20000000"]];
const ASKS: TextLevel[] = [["100.5", "2.00000000"], ["101.0", "0.00005100"]];
const SNAPSHOT = snapshotFrame("BTC/USD", BIDS, ASKS);

Deno.test("books are subscribed by depth, with lists of symbols and request ids", () => {
  const frames = krakenNormalizer([BTC, ETH]).subscribe().map((text) => JSON.parse(text));
  assert.deepEqual(frames.map((frame) => frame.params.channel), [
    "instrument",
    "trade",
    "ticker",
    "book",
    "book",
  ]);
  assert.deepEqual(frames.map((frame) => frame.req_id), [1, 2, 3, 4, 5]);
  assert.equal(frames[0].params.include_tokenized_assets, true);
  assert.deepEqual(frames[1].params.symbol, ["BTC/USD", "ETH/USD"]);
  assert.equal(frames[1].params.snapshot, true);
  assert.equal(frames[2].params.event_trigger, "bbo");
  assert.deepEqual([frames[3].params.depth, frames[3].params.symbol], [10, ["BTC/USD"]]);
  assert.deepEqual([frames[4].params.depth, frames[4].params.symbol], [25, ["ETH/USD"]]);
});

Deno.test("a snapshot and its updates become verified records with the venue's time", () => {
  const normalizer = krakenNormalizer([BTC]);
  const [snapshot] = feed(normalizer, SNAPSHOT, 5).events as OrderBookUpdate[];
  assert.equal(snapshot?.kind, "snapshot");
  assert.equal(snapshot.checksum, "verified");
  assert.equal(snapshot.timestampUs, Date.UTC(2026, 7, 1, 0, 0, 1) * 1000 + 250);
  assert.deepEqual(snapshot.asks, [{ price: 100.5, size: 2 }, { price: 101, size: 0.000051 }]);
  const sum = textChecksum([["100.0", "1.50000000"], ["99.5", "0.30000000"]], ASKS.slice(1));
  const update = bookFrame(
    "update",
    "BTC/USD",
    [["99.5", "0.10000000"], ["99.5", "0.30000000"]],
    [["100.5", "0.00000000"]],
    sum,
  );
  const [delta] = feed(normalizer, update, 6).events as OrderBookUpdate[];
  assert.equal(delta?.kind, "delta");
  assert.deepEqual(delta.bids, [{ price: 99.5, size: 0.1 }, { price: 99.5, size: 0.3 }]);
  assert.deepEqual(delta.asks, [{ price: 100.5, size: 0 }]);
  const [now] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual(now?.asks, [{ price: 101, size: 0.000051 }]);
  assert.equal(now.receivedAtUs, 0);
});

Deno.test("a failed checksum drops that book alone until its next snapshot", () => {
  const normalizer = krakenNormalizer([BTC, ETH]);
  feed(normalizer, SNAPSHOT, 10);
  feed(normalizer, snapshotFrame("ETH/USD", BIDS, ASKS), 11);
  const failed = feed(
    normalizer,
    bookFrame("update", "BTC/USD", [["99.0", "1.00000000"]], [], 1),
    20,
  );
  assert.deepEqual(brief(failed.events), ["gap checksum BTCUSD"]);
  const gap = failed.events[0] as Gap;
  assert.deepEqual([gap.fromUs, gap.toUs, gap.receivedAtUs], [10, 0, 20]);
  const sent = failed.send.map((text) => JSON.parse(text));
  assert.deepEqual(sent.map(({ method, params }) => [method, params.symbol, params.depth]), [
    ["unsubscribe", ["BTC/USD"], 10],
    ["subscribe", ["BTC/USD"], 10],
  ]);
  assert.deepEqual(suspectBooks(normalizer), new Map([["BTCUSD", 10]]));
  assert.deepEqual(brief(normalizer.snapshots()), ["snapshot ETHER"]);

  const dropped = feed(normalizer, bookFrame("update", "BTC/USD", [], [], 1), 21);
  assert.deepEqual([dropped.events, dropped.send, dropped.notice?.type], [[], [], "dropped"]);

  const healed = feed(normalizer, SNAPSHOT, 35);
  assert.deepEqual(brief(healed.events), ["gap checksum BTCUSD recovered", "snapshot BTCUSD"]);
  const recovery = healed.events[0] as Gap;
  assert.deepEqual([recovery.fromUs, recovery.toUs], [10, 35]);
  assert.equal(suspectBooks(normalizer).size, 0);
});

Deno.test("a snapshot that fails is asked for at once, then after growing pauses", () => {
  const normalizer = krakenNormalizer([BTC]);
  const bad = bookFrame("snapshot", "BTC/USD", BIDS, ASKS, 1);
  const first = feed(normalizer, bad, 10);
  assert.deepEqual(brief(first.events), ["gap checksum BTCUSD"]);
  assert.equal(first.send.length, 2);
  const second = feed(normalizer, bad, 20);
  assert.deepEqual([second.events, second.send], [[], []]);
  assert.deepEqual(normalizer.tick(5_000_009).send, []);
  assert.equal(normalizer.tick(5_000_010).send.length, 2);
  assert.deepEqual(normalizer.tick(15_000_009).send, []);
  assert.deepEqual(brief(feed(normalizer, SNAPSHOT, 15_000_009).events), [
    "gap checksum BTCUSD recovered",
    "snapshot BTCUSD",
  ]);
  assert.deepEqual(normalizer.tick(1_000_000_000).send, []);
});

Deno.test("more digits than the book's scale make it suspect", () => {
  const normalizer = krakenNormalizer([BTC]);
  feed(normalizer, SNAPSHOT, 10);
  const finer = bookFrame("update", "BTC/USD", [["99.25", "1.00000000"]], [], 1);
  const result = feed(normalizer, finer, 20);
  assert.deepEqual(brief(result.events), ["gap checksum BTCUSD"]);
  assert.equal(result.send.length, 2);
});

Deno.test("levels beyond the acknowledged depth are cut off", () => {
  const normalizer = krakenNormalizer([BTC]);
  const levels = (from: number, step: number, count: number): TextLevel[] =>
    Array.from({ length: count }, (_, i) => [(from + i * step).toFixed(1), "1.00000000"]);
  const bids = levels(99, -1, 10);
  const asks = levels(101, 1, 10);
  feed(
    normalizer,
    '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true}',
  );
  feed(normalizer, snapshotFrame("BTC/USD", bids, asks));
  const better: TextLevel = ["100.0", "1.00000000"];
  const sum = textChecksum([better, ...bids], asks);
  feed(normalizer, bookFrame("update", "BTC/USD", [better], [], sum));
  const [book] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual([book?.depth, book?.bids.length, book?.bids.at(-1)?.price], [10, 10, 91]);
});

Deno.test("a book that was acknowledged and never came is suspect since then", () => {
  const normalizer = krakenNormalizer([BTC]);
  const ack =
    '{"method":"subscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true}';
  assert.deepEqual(feed(normalizer, ack, 77).notice, {
    type: "subscribed",
    channel: "book",
    symbols: ["BTCUSD"],
  });
  assert.deepEqual(suspectBooks(normalizer), new Map([["BTCUSD", 77]]));
});

Deno.test("trades repeated after a reconnect come once, what is missing is a gap", () => {
  const normalizer = krakenNormalizer([BTC]);
  assert.equal(feed(normalizer, tradeFrame("snapshot", [5, 6, 7]), 10).events.length, 3);
  const [trade] = feed(normalizer, tradeFrame("update", [8]), 11).events as Trade[];
  assert.deepEqual(
    [trade?.tradeId, trade?.side, trade?.price, trade?.size, trade?.symbol],
    ["8", "buy", 100.5, 0.25, "BTCUSD"],
  );
  normalizer.disconnected(11, 12, { why: "The connection was closed." });
  const covered = feed(normalizer, tradeFrame("snapshot", [10, 9, 8, 7]), 20).events;
  assert.deepEqual(brief(covered), [
    "gap disconnect _all recovered",
    "trade BTCUSD",
    "trade BTCUSD",
  ]);
  assert.deepEqual((covered.slice(1) as Trade[]).map((event) => event.tradeId), ["9", "10"]);
  normalizer.disconnected(20, 21, { why: "The connection was closed." });
  const holed = feed(normalizer, tradeFrame("snapshot", [14, 15]), 30).events;
  assert.deepEqual(brief(holed).slice(1), ["gap sequence BTCUSD", "trade BTCUSD", "trade BTCUSD"]);
  const gap = holed[1] as Gap;
  assert.deepEqual([gap.missed, gap.fromUs, gap.toUs, gap.recovered], [3, 20, 30, false]);
});

Deno.test("a trade that comes again with another price or size is told, and the first one stays", () => {
  const normalizer = krakenNormalizer([BTC]);
  feed(normalizer, tradeFrame("snapshot", [5, 6, 7]), 10);
  const same = feed(normalizer, tradeFrame("snapshot", [5, 6, 7]), 11);
  assert.deepEqual(same.notice, { type: "dropped", what: "trades already seen" });
  for (const [from, to] of [["100.5", "100.6"], ["0.25", "0.26"]] as const) {
    for (const ids of [[6], [7], [6, 8]]) {
      const again = krakenNormalizer([BTC]);
      feed(again, tradeFrame("update", [5, 6, 7]), 10);
      const { events, notice } = feed(again, tradeFrame("snapshot", ids).replace(from, to), 12);
      assert.deepEqual(events.map(({ type }) => type), ids.includes(8) ? ["trade"] : []);
      assert.equal(notice?.type, "conflict", `${ids} ${to}`);
      assert.match(
        JSON.stringify(notice),
        new RegExp(`Trade ${ids[0]} of BTC/USD .*${to.replace(".", "\\.")}.* recorded`),
      );
    }
  }
});

Deno.test("a ticker says null for what the venue does not say", () => {
  const normalizer = krakenNormalizer([BTC]);
  const text =
    '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":100.0,"bid_qty":1.5,"ask":100.5,"ask_qty":2.0,"last":100.1,"volume":12.5,"vwap":1,"low":1,"high":1,"change":1,"change_pct":1}]}';
  const [ticker] = feed(normalizer, text).events as Ticker[];
  assert.deepEqual(
    [ticker?.bidPrice, ticker?.askSize, ticker?.lastPrice, ticker?.lastSize, ticker?.volume24h],
    [100, 2, 100.1, null, 12.5],
  );
  assert.equal(ticker?.openInterest, null);
});

Deno.test("a pair's status is told for subscribed pairs, when it changes", () => {
  const normalizer = krakenNormalizer([BTC]);
  const state = (status: string) =>
    (feed(normalizer, instrumentFrame(status)).events as Status[]).map((event) => event.state);
  assert.deepEqual(state("online"), ["open"]);
  assert.deepEqual(state("online"), []);
  assert.deepEqual(state("cancel_only"), ["halted"]);
  assert.deepEqual(state("delisted"), ["delisted"]);
  assert.deepEqual(feed(normalizer, instrumentFrame("online", 1, 8, "AAA/BBB")).events, []);
});

Deno.test("a pair that the next snapshot of all pairs leaves out has an unknown status", () => {
  const normalizer = krakenNormalizer([BTC]);
  const snapshot = (atUs: number, symbol: string) =>
    feed(normalizer, instrumentFrame("online", 1, 8, symbol).replace("update", "snapshot"), atUs)
      .events;
  assert.deepEqual(brief(snapshot(5, "BTC/USD")), ["status BTCUSD open"]);
  const events = snapshot(9, "AAA/BBB");
  assert.deepEqual(brief(events), ["gap subscription BTCUSD"]);
  const [gap] = events as Gap[];
  assert.deepEqual([gap?.channel, gap?.fromUs, gap?.toUs, gap?.recovered], ["status", 5, 9, false]);
  assert.deepEqual(snapshot(12, "AAA/BBB"), []);
  assert.deepEqual(brief(snapshot(15, "BTC/USD")), ["status BTCUSD open"]);
});

Deno.test("the venue's own state is told on _all, when it changes", () => {
  const normalizer = krakenNormalizer([BTC]);
  const of = (system: string) =>
    brief(
      feed(normalizer, `{"channel":"status","type":"update","data":[{"system":"${system}"}]}`)
        .events,
    );
  assert.deepEqual(of("online"), ["status _all open"]);
  assert.deepEqual(of("online"), []);
  assert.deepEqual(of("maintenance"), ["status _all halted"]);
});

Deno.test("a broken connection drops all books and recovers with the first data", () => {
  const normalizer = krakenNormalizer([BTC]);
  feed(normalizer, SNAPSHOT, 10);
  assert.deepEqual(brief(normalizer.disconnected(10, 15, { why: "Silence." })), [
    "gap disconnect _all",
  ]);
  assert.deepEqual(suspectBooks(normalizer), new Map([["BTCUSD", 10]]));
  const [again] = normalizer.disconnected(15, 16, { why: "Refused." }) as Gap[];
  assert.equal(again?.fromUs, 10);
  assert.deepEqual(feed(normalizer, '{"channel":"heartbeat"}', 17).notice, { type: "heartbeat" });
  const { events } = feed(normalizer, SNAPSHOT, 20);
  assert.deepEqual(brief(events), ["gap disconnect _all recovered", "snapshot BTCUSD"]);
  assert.deepEqual([(events[0] as Gap).fromUs, (events[0] as Gap).toUs], [10, 20]);
});

Deno.test("answers of the venue become notices", () => {
  const normalizer = krakenNormalizer([BTC]);
  const notice = (text: string) => feed(normalizer, text).notice;
  assert.deepEqual(
    notice('{"error":"Subscription depth not supported","method":"subscribe","success":false}'),
    {
      type: "refused",
      message: "subscribe: Subscription depth not supported",
      terminal: false,
    },
  );
  assert.equal(notice('{"method":"pong","req_id":3}')?.type, "heartbeat");
  assert.deepEqual(
    notice(
      '{"method":"unsubscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true}',
    ),
    { type: "unsubscribed", channel: "book" },
  );
});

Deno.test("the venue needs no credentials and pings with ids that count up", async () => {
  assert.deepEqual(await kraken.handshake("ws://127.0.0.1:1/v2", {}, 0), {
    url: "ws://127.0.0.1:1/v2",
    headers: {},
  });
  const id = () => JSON.parse(kraken.keepAlive!.frame()).req_id as number;
  assert.equal(id() + 1, id());
  assert.equal(kraken.symbolOf("BTC/USD"), "BTCUSD");
});

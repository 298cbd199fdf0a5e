import assert from "node:assert/strict";
import type { Gap, OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";
import { feed, suspectBooks } from "../_normalizer_fixtures.ts";
import {
  ackFrame,
  brief,
  deltaFrame,
  kalshiNormalizer,
  numbered,
  snapshotFrame,
} from "./test_frames.ts";

const A = "KXA-26AUG01-T1.5";
const B = "KXB-26AUG01";
const SPECS = [A, B].map((external) => ({ symbol: external, external }));

/** Both books sound on sid 1, last seq 2. */
function withBooks() {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, ackFrame("orderbook_delta", 1), 10);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"], ["0.4300", "10.00"]], []), 11);
  feed(normalizer, snapshotFrame(1, 2, B, [["0.1000", "1.00"]], [["0.5500", "2.50"]]), 12);
  return normalizer;
}

Deno.test("each channel is subscribed by a command of its own, the life of all markets at last", () => {
  const frames = kalshiNormalizer(SPECS).subscribe().map((text) => JSON.parse(text));
  const market_tickers = [A, B];
  assert.deepEqual(
    frames.map(({ id, cmd }) => [id, cmd]),
    [1, 2, 3, 4].map((id) => [id, "subscribe"]),
  );
  assert.deepEqual(frames.map(({ params }) => params), [
    { channels: ["orderbook_delta"], market_tickers, use_yes_price: false },
    { channels: ["ticker"], market_tickers, send_initial_snapshot: true },
    { channels: ["trade"], market_tickers },
    { channels: ["market_lifecycle_v2"] },
  ]);
});

Deno.test("a snapshot gives the YES book best first, NO bids as asks at one minus the price", () => {
  const normalizer = kalshiNormalizer(SPECS);
  const { events } = feed(
    normalizer,
    snapshotFrame(1, 1, A, [["0.4000", "5.00"], ["0.4300", "10.25"]], [
      ["0.0100", "1.00"],
      ["0.5510", "2.50"],
    ]),
  );
  const [book] = events as OrderBookUpdate[];
  assert.deepEqual(book?.bids, [{ price: 0.43, size: 10.25 }, { price: 0.4, size: 5 }]);
  assert.deepEqual(book.asks, [{ price: 0.449, size: 2.5 }, { price: 0.99, size: 1 }]);
  assert.deepEqual([book.depth, book.checksum, book.timestampUs], [0, "unverified", 0]);
});

Deno.test("a delta is given as the new size of its level, with microseconds", () => {
  const normalizer = withBooks();
  const [delta] = feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4300", "-1.50")).events as [
    OrderBookUpdate,
  ];
  assert.equal(delta.kind, "delta");
  assert.deepEqual([delta.bids, delta.asks], [[{ price: 0.43, size: 8.5 }], []]);
  assert.equal(delta.timestampUs, Date.UTC(2026, 7, 1, 0, 0, 1) * 1000 + 123450);
  const [no] = feed(normalizer, deltaFrame(1, 4, B, "no", "0.5500", "-2.50")).events as [
    OrderBookUpdate,
  ];
  assert.deepEqual([no.bids, no.asks], [[], [{ price: 0.45, size: 0 }]]);
  const asks = (normalizer.snapshots() as OrderBookUpdate[]).map((book) => book.asks);
  assert.deepEqual(asks, [[], []]);
});

Deno.test("a hole makes every book of the sid suspect and is healed by snapshots", () => {
  const normalizer = withBooks();
  const holed = feed(normalizer, deltaFrame(1, 6, B, "yes", "0.1000", "1.00"), 20);
  assert.deepEqual(brief(holed.events), [`gap sequence ${A}`, `gap sequence ${B}`]);
  const [gap] = holed.events as Gap[];
  assert.deepEqual([gap?.missed, gap?.fromUs, gap?.toUs, gap?.receivedAtUs], [3, 12, 0, 20]);
  assert.match(gap?.detail ?? "", /sid 1 seq 2→6/);
  assert.equal(holed.notice?.type, "dropped");
  assert.deepEqual(holed.send.map((text) => JSON.parse(text)), [{
    id: 1,
    cmd: "update_subscription",
    params: { sid: 1, market_tickers: [A, B], action: "get_snapshot" },
  }]);
  assert.deepEqual(suspectBooks(normalizer), new Map([[A, 12], [B, 12]]));
  assert.deepEqual(normalizer.snapshots(), []);

  const next = feed(normalizer, deltaFrame(1, 7, A, "yes", "0.4000", "1.00"), 21);
  assert.deepEqual([next.events, next.send, next.notice?.type], [[], [], "dropped"]);
  const again = feed(normalizer, deltaFrame(1, 9, A, "yes", "0.4000", "1.00"), 22);
  assert.equal(again.events.length, 2);
  assert.deepEqual(again.send, []);
  assert.equal(normalizer.tick(5_000_020).send.length, 1);

  const healed = feed(normalizer, snapshotFrame(1, 10, A, [["0.4000", "7.00"]], []), 30);
  assert.deepEqual(brief(healed.events), [`gap sequence ${A} recovered`, `snapshot ${A}`]);
  const [recovery] = healed.events as Gap[];
  assert.deepEqual([recovery?.fromUs, recovery?.toUs], [12, 30]);
  assert.deepEqual([...suspectBooks(normalizer).keys()], [B]);
});

Deno.test("a hole shown by a snapshot taints the others and heals that one", () => {
  const normalizer = withBooks();
  const { events, send } = feed(normalizer, snapshotFrame(1, 5, A, [], []), 20);
  assert.deepEqual(brief(events), [
    `gap sequence ${A}`,
    `gap sequence ${B}`,
    `gap sequence ${A} recovered`,
    `snapshot ${A}`,
  ]);
  assert.deepEqual(send.map((text) => JSON.parse(text).params.market_tickers), [[B]]);
});

Deno.test("changes without the snapshot before them are a gap of their market until it comes", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, ackFrame("orderbook_delta", 1), 10);
  feed(normalizer, snapshotFrame(1, 2, B, [], []), 12);
  const { events, send } = feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4000", "1.00"), 20);
  assert.deepEqual(brief(events), [`gap sequence ${A}`]);
  assert.deepEqual([(events[0] as Gap).fromUs, (events[0] as Gap).toUs], [10, 0]);
  assert.deepEqual(send.map((text) => JSON.parse(text).params.market_tickers), [[A]]);
  assert.deepEqual(feed(normalizer, deltaFrame(1, 4, A, "yes", "0.4000", "1.00"), 21).events, []);
  const healed = feed(normalizer, snapshotFrame(1, 5, A, [["0.4000", "2.00"]], []), 30).events;
  assert.deepEqual(brief(healed), [`gap sequence ${A} recovered`, `snapshot ${A}`]);
});

Deno.test("ok, error and unsubscribed take a number, acknowledgements and tickers take none", () => {
  const normalizer = withBooks();
  feed(normalizer, ackFrame("trade", 3));
  const quiet = [
    '{"type":"ok","id":4,"sid":1,"seq":3,"msg":{"market_tickers":[]}}',
    '{"type":"error","sid":1,"seq":4,"msg":{"code":13,"msg":"Unsupported action"}}',
    `{"type":"ticker","sid":2,"msg":{"market_ticker":"${A}","price_dollars":"0.4300"}}`,
    deltaFrame(1, 5, A, "yes", "0.4300", "1.00"),
  ];
  for (const text of quiet) {
    assert.ok(feed(normalizer, text).events.every((event) => event.type !== "gap"), text);
  }
  const end = feed(normalizer, '{"id":2,"sid":1,"seq":6,"type":"unsubscribed"}');
  assert.deepEqual(end.notice, { type: "unsubscribed", channel: "orderbook_delta" });
  assert.deepEqual(normalizer.snapshots(), []);
});

Deno.test("numbers that go back are a new connection's: its snapshot begins the book anew", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []));
  feed(normalizer, deltaFrame(1, 2, A, "yes", "0.4000", "1.00"));
  const { events } = feed(normalizer, snapshotFrame(1, 1, A, [["0.5000", "9.00"]], []));
  assert.deepEqual(events.map((event) => event.type === "gap" ? event.recovered : event.type), [
    ...[false, true, "orderbook"],
  ]);
  const [gap] = events as Gap[];
  assert.deepEqual([gap?.reason, gap?.missed], ["sequence", null]);
  feed(normalizer, deltaFrame(1, 2, A, "yes", "0.5000", "1.00"));
  feed(normalizer, deltaFrame(1, 3, A, "yes", "0.5100", "1.00"));
  const [book] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual(book?.bids, [{ price: 0.51, size: 1 }, { price: 0.5, size: 10 }]);
});

Deno.test("a connection of one snapshot is followed by another one's of the same number", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []));
  feed(normalizer, snapshotFrame(1, 1, B, [["0.5000", "9.00"]], []));
  assert.deepEqual(normalizer.snapshots().map(({ symbol }) => symbol), [A, B]);
});

Deno.test("a message seen before is dropped and changes nothing", () => {
  const normalizer = withBooks();
  feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4300", "1.00"));
  const before = normalizer.state();
  const repeated = feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4300", "1.00"));
  assert.deepEqual([repeated.events, repeated.notice?.type], [[], "dropped"]);
  assert.deepEqual(normalizer.state(), before);
});

Deno.test("a subscription that is acknowledged again starts at one", () => {
  const normalizer = withBooks();
  feed(normalizer, ackFrame("orderbook_delta", 1), 40);
  assert.deepEqual(suspectBooks(normalizer), new Map([[A, 40], [B, 40]]));
  assert.deepEqual(brief(feed(normalizer, snapshotFrame(1, 1, A, [], [])).events), [
    `snapshot ${A}`,
  ]);
});

Deno.test("a hole on a subscription without books shows on _all, lost for good", () => {
  const normalizer = withBooks();
  feed(normalizer, ackFrame("trade", 3));
  const trade = {
    trade_id: "t1",
    market_ticker: A,
    yes_price_dollars: "0.4400",
    count_fp: "1.50",
    ts: 1785542400,
  };
  feed(normalizer, numbered("trade", 3, 1, trade), 20);
  const { events, send } = feed(normalizer, numbered("trade", 3, 4, trade), 25);
  assert.deepEqual(brief(events), ["gap sequence _all", `trade ${A}`]);
  const [gap] = events as Gap[];
  assert.deepEqual([gap?.missed, gap?.fromUs, gap?.toUs, gap?.recovered], [2, 20, 25, false]);
  assert.deepEqual(send, []);
  assert.equal(suspectBooks(normalizer).size, 0);
});

Deno.test("a level below zero makes its book alone suspect", () => {
  const normalizer = withBooks();
  const { events, send, notice } = feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4000", "-6.00"));
  assert.deepEqual(brief(events), [`gap sequence ${A}`]);
  assert.equal(notice?.type, "dropped");
  assert.deepEqual(JSON.parse(send[0] ?? "").params.market_tickers, [A]);
  assert.deepEqual([...suspectBooks(normalizer).keys()], [A]);
});

Deno.test("an unreadable delta is told and makes its book suspect", () => {
  for (
    const [price, change, side] of [
      ["0.4300000001", "1.00", "yes"],
      ["0.4300", "1.005", "yes"],
      [
        "0.4300",
        "1.00",
        "maybe",
      ],
      ["1.0000", "1.00", "yes"],
      ["0.43", "lots", "no"],
    ] as const
  ) {
    const normalizer = withBooks();
    const result = feed(normalizer, deltaFrame(1, 3, A, side, price, change));
    assert.deepEqual(brief(result.events), [`gap parse ${A}`]);
    assert.equal(result.notice?.type, "unreadable");
    assert.equal(result.send.length, 1);
  }
});

Deno.test("levels under a new name are no empty side", () => {
  const normalizer = kalshiNormalizer(SPECS);
  const result = feed(
    normalizer,
    numbered("orderbook_snapshot", 1, 1, { market_ticker: A, yes_dollars: [["0.4000", "5.00"]] }),
  );
  assert.equal(result.notice?.type, "unreadable");
});

Deno.test("a trade is at the YES price and its side is the taker's, never guessed", () => {
  const normalizer = kalshiNormalizer(SPECS);
  const trade = (more: Record<string, unknown>) =>
    feed(
      normalizer,
      JSON.stringify({
        type: "trade",
        msg: {
          trade_id: "t1",
          market_ticker: A,
          yes_price_dollars: "0.1400",
          no_price_dollars: "0.8600",
          count_fp: "82.12",
          ts: 1785542400,
          ts_ms: 1785542400609,
          ...more,
        },
      }),
    ).events[0] as Trade;
  const bought = trade({ taker_outcome_side: "yes", taker_side: "no" });
  assert.deepEqual([bought.price, bought.size, bought.side, bought.tradeId], [
    0.14,
    82.12,
    "buy",
    "t1",
  ]);
  assert.equal(bought.timestampUs, 1785542400609000);
  assert.equal(trade({ taker_side: "no" }).side, "sell");
  assert.equal(trade({}).side, "unknown");
});

Deno.test("a ticker's sentinels are no prices and its volume is not of a day", () => {
  const ticker = (more: Record<string, unknown>) =>
    feed(
      kalshiNormalizer(SPECS),
      JSON.stringify({
        type: "ticker",
        sid: 2,
        msg: {
          market_ticker: A,
          price_dollars: "0.4400",
          yes_bid_dollars: "0.4300",
          yes_ask_dollars: "0.4500",
          volume_fp: "100.00",
          open_interest_fp: "50.25",
          yes_bid_size_fp: "8.50",
          yes_ask_size_fp: "2.50",
          last_trade_size_fp: "1.00",
          ts: 1785542400,
          time: "2026-08-01T00:00:00.123456Z",
          ...more,
        },
      }),
    ).events[0] as Ticker;
  const full = ticker({});
  assert.deepEqual(
    [full.bidPrice, full.bidSize, full.askPrice, full.askSize, full.lastPrice, full.lastSize],
    [0.43, 8.5, 0.45, 2.5, 0.44, 1],
  );
  assert.deepEqual([full.volume24h, full.openInterest], [null, 50.25]);
  assert.equal(full.timestampUs, Date.UTC(2026, 7, 1) * 1000 + 123456);
  const empty = ticker({
    yes_bid_dollars: "0.0000",
    yes_bid_size_fp: "0.00",
    yes_ask_dollars: "1.0000",
    yes_ask_size_fp: "0.00",
    price_dollars: "0.0000",
  });
  assert.deepEqual(
    [empty.bidPrice, empty.bidSize, empty.askPrice, empty.askSize, empty.lastPrice],
    [null, null, null, null, null],
  );
});

Deno.test("a market's life becomes statuses, settled with the result it was determined with", () => {
  const normalizer = kalshiNormalizer(SPECS);
  let seq = 0;
  const life = (event_type: string, more: Record<string, unknown> = {}, market_ticker = A) =>
    feed(
      normalizer,
      numbered("market_lifecycle_v2", 4, ++seq, { market_ticker, event_type, ...more }),
    );
  assert.deepEqual(brief(life("created", { open_ts: 1785542400 }).events), [`status ${A} listed `]);
  assert.deepEqual(brief(life("activated").events), [`status ${A} open `]);
  assert.deepEqual(brief(life("deactivated").events), [`status ${A} halted `]);
  const [closed] = life("determined", { determination_ts: 1785542500, result: "no" }).events;
  assert.deepEqual(brief([closed as Status]), [`status ${A} closed no`]);
  assert.equal(closed?.timestampUs, 1785542500000000);
  assert.deepEqual(brief(life("settled", { settled_ts: 1785542600 }).events), [
    `status ${A} settled no`,
  ]);
  const scalar = { result: "scalar", settlement_value: "0.4200" };
  assert.deepEqual(brief(life("determined", scalar).events), [`status ${A} closed 0.42`]);
  assert.equal(life("metadata_updated").notice?.type, "ignored");
  assert.equal(life("activated", {}, "KXOTHER").notice?.type, "ignored");
  assert.equal(life("exploded").notice?.type, "unknown");
});

Deno.test("a buffer overflow ends the connection and every book of the sid", () => {
  const normalizer = withBooks();
  const { events, notice } = feed(
    normalizer,
    '{"type":"error","sid":1,"seq":3,"msg":{"code":25,"msg":"Subscription buffer overflow"}}',
  );
  assert.deepEqual(notice, {
    type: "refused",
    message: "code 25: Subscription buffer overflow",
    terminal: true,
  });
  assert.deepEqual(brief(events), [`gap slow ${A}`, `gap slow ${B}`]);
  const other = feed(normalizer, '{"id":1,"type":"error","msg":{"code":8,"msg":"Unknown"}}').notice;
  assert.ok(other?.type === "refused" && !other.terminal);
  const channel = feed(normalizer, '{"type":"error","sid":1,"seq":4,"msg":{"code":10}}').notice;
  assert.ok(channel?.type === "refused" && channel.terminal);
});

Deno.test("a broken connection forgets sids and recovers with the first data", () => {
  const normalizer = withBooks();
  assert.deepEqual(brief(normalizer.disconnected(12, 15, { why: "Silence." })), [
    "gap disconnect _all",
  ]);
  assert.deepEqual(suspectBooks(normalizer), new Map([[A, 12], [B, 12]]));
  feed(normalizer, ackFrame("orderbook_delta", 1), 16);
  const { events } = feed(normalizer, snapshotFrame(1, 1, A, [], []), 20);
  assert.deepEqual(brief(events), ["gap disconnect _all recovered", `snapshot ${A}`]);
});

Deno.test("before 2026-03-12 prices were whole cents and sizes whole contracts", () => {
  const normalizer = kalshiNormalizer(SPECS, "kalshi-2021");
  const frame = (type: string, sid: number, seq: number | undefined, msg: object) =>
    feed(normalizer, JSON.stringify({ type, sid, seq, msg: { market_ticker: A, ...msg } })).events;
  const [book] = frame("orderbook_snapshot", 1, 1, { yes: [[8, 300], [22, 333]], no: [[54, 20]] });
  assert.ok(book?.type === "orderbook");
  assert.deepEqual(book.bids, [{ price: 0.22, size: 333 }, { price: 0.08, size: 300 }]);
  assert.deepEqual(book.asks, [{ price: 0.46, size: 20 }]);
  const [delta] = frame("orderbook_delta", 1, 2, { price: 22, delta: -54, side: "yes" });
  assert.ok(delta?.type === "orderbook");
  assert.deepEqual(delta.bids, [{ price: 0.22, size: 279 }]);
  const [trade] = frame("trade", 2, 1, {
    trade_id: "t",
    yes_price: 36,
    no_price: 64,
    count: 136,
    taker_side: "no",
    ts: 1735689600,
  });
  assert.ok(trade?.type === "trade");
  assert.deepEqual([trade.price, trade.size, trade.side], [0.36, 136, "sell"]);
  const [ticker] = frame("ticker", 3, undefined, {
    price: 48,
    yes_bid: 45,
    yes_ask: 53,
    volume: 33896,
    open_interest: 20422,
    ts: 1735689600,
  });
  assert.ok(ticker?.type === "ticker");
  assert.deepEqual([ticker.bidPrice, ticker.askPrice, ticker.lastPrice, ticker.openInterest], [
    0.45,
    0.53,
    0.48,
    20422,
  ]);
  const today = feed(normalizer, snapshotFrame(1, 3, A, [["0.4000", "5.00"]], []));
  assert.equal(today.notice?.type, "unreadable");
});

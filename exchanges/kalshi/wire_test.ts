import assert from "node:assert/strict";
import type { Gap, OrderBookUpdate, Status, Ticker, Trade } from "@ssmd/market";
import { Translator } from "../translator.ts";
import { feed, suspectBooks } from "../_normalizer_fixtures.ts";
import {
  ackFrame,
  brief,
  deltaFrame,
  kalshiNormalizer,
  numbered,
  snapshotFrame,
} from "./test_frames.ts";
import { kalshi } from "./venue.ts";

const A = "KXA-26AUG01-T1.5";
const B = "KXB-26AUG01";
const COMBO = "KXMVESPORTS-S1";
const SPECS = [A, B].map((external) => ({ symbol: external, external }));

const TAKER = { taker_side: "yes" };

/** A ticker frame. */
function tickerFrame(more: Record<string, unknown>): string {
  return JSON.stringify({ type: "ticker", sid: 9, msg: { market_ticker: A, ...more } });
}

/** A trade frame with these fields. */
function tradeFrame(more: Record<string, unknown>): string {
  const msg = { market_ticker: A, yes_price_dollars: "0.1400", count_fp: "82.12", ts: 1785542400 };
  return JSON.stringify({ type: "trade", msg: { trade_id: "t1", ...msg, ...more } });
}

Deno.test("one lost frame on 12 markets is one missed", () => {
  const tickers = Array.from({ length: 12 }, (_, i) => `KX${i}`);
  const normalizer = kalshiNormalizer(tickers.map((external) => ({ symbol: external, external })));
  feed(normalizer, ackFrame("orderbook_delta", 1));
  tickers.forEach((ticker, i) => {
    feed(normalizer, snapshotFrame(1, i + 1, ticker, [["0.4000", "5.00"]], []));
  });
  const gaps = feed(normalizer, deltaFrame(1, 14, "KX3", "yes", "0.4000", "1.00")).events as Gap[];
  assert.equal(gaps.length, 12);
  assert.equal(gaps.reduce((sum, { missed }) => sum + (missed ?? 0), 0), 1);
  assert.ok(gaps.every(({ channel }) => channel === "orderbook"));
});

Deno.test("numbers and texts give the same records, and null is absent", () => {
  const records = (isText: boolean) => {
    const normalizer = kalshiNormalizer(SPECS);
    const number = (value: number) => isText ? String(value) : value;
    const frame = (type: string, sid: number, seq: number, msg: object) =>
      JSON.stringify({ type, sid: number(sid), seq: number(seq), msg });
    const market = { market_ticker: A };
    return [
      frame("orderbook_snapshot", 1, 1, {
        ...market,
        yes_dollars_fp: [[number(0.43), number(10.25)]],
        no_dollars_fp: [[number(0.55), number(2.5)]],
      }),
      frame("orderbook_delta", 1, 2, {
        ...{ ...market, price_dollars: number(0.43), delta_fp: number(-1.5), side: "yes" },
        ...{ ts: null, ts_ms: number(1785542401123) },
      }),
      frame("trade", 2, 1, {
        ...{ ...market, trade_id: number(7), yes_price_dollars: number(0.14), count_fp: number(3) },
        ...{ taker_side: "no", ts: number(1785542400) },
      }),
      frame("market_lifecycle_v2", 3, 1, {
        ...{ ...market, event_type: "determined", result: "scalar" },
        ...{ settlement_value: number(0.42), determination_ts: number(1785542500) },
      }),
    ].flatMap((text) => {
      const { events, notice } = feed(normalizer, text);
      assert.equal(notice, undefined, text);
      return events;
    });
  };
  assert.equal(records(true).length, 4);
  assert.deepEqual(records(true), records(false));
  const nulls = tickerFrame({
    ...{ yes_bid_dollars: null, yes_bid_size_fp: null, yes_ask_dollars: "0.4500" },
    ...{ yes_ask_size_fp: "2.50", price_dollars: null, ts: null, time: null, ts_ms: null },
  });
  const [ticker] = feed(kalshiNormalizer(SPECS), nulls).events as Ticker[];
  assert.deepEqual(
    [ticker?.bidPrice, ticker?.askPrice, ticker?.lastPrice, ticker?.timestampUs],
    [null, 0.45, null, 0],
  );
});

Deno.test("from January to March 2026 the exact fields count, not the rounded ones beside them", () => {
  const onDay = (day: string) => kalshi.normalizers.findLast(({ from }) => from <= day)?.id;
  assert.deepEqual(
    ["2025-12-31", "2026-01-01", "2026-03-11", "2026-03-12"].map(onDay),
    ["kalshi-2021", "kalshi-2026-01", "kalshi-2026-01", "kalshi-2026-03-12"],
  );
  const normalizer = kalshiNormalizer(SPECS, "kalshi-2026-01");
  const frame = (type: string, seq: number, msg: object) =>
    feed(normalizer, numbered(type, 1, seq, { market_ticker: A, ...msg })).events[0];
  const book = frame("orderbook_snapshot", 1, {
    ...{ yes: [[22, 10]], yes_dollars: [["0.2250", 10]], yes_dollars_fp: [["0.2250", "10.50"]] },
    ...{ no: [[54, 20]], no_dollars: [["0.5450", 20]] },
  }) as OrderBookUpdate;
  assert.deepEqual(book.bids, [{ price: 0.225, size: 10.5 }]);
  assert.deepEqual(book.asks, [{ price: 0.455, size: 20 }]);
  const exact = { price: 22, price_dollars: "0.2250", delta: -1, delta_fp: "-0.50", side: "yes" };
  const delta = frame("orderbook_delta", 2, exact) as OrderBookUpdate;
  assert.deepEqual(delta.bids, [{ price: 0.225, size: 10 }]);
  const rounded = { price: 21, delta: 3, side: "yes" };
  const whole = frame("orderbook_delta", 3, rounded) as OrderBookUpdate;
  assert.deepEqual(whole.bids, [{ price: 0.21, size: 3 }]);
  const trade = frame("trade", 4, {
    ...{
      trade_id: "t",
      yes_price: 36,
      yes_price_dollars: "0.3650",
      count: 136,
      count_fp: "136.25",
    },
    ...{ taker_side: "no", ts: 1770000000 },
  }) as Trade;
  assert.deepEqual([trade.price, trade.size, trade.side], [0.365, 136.25, "sell"]);
  const ticker = frame("ticker", 5, {
    ...{ price: 48, price_dollars: "0.4850", yes_bid: 45, yes_ask: 53, yes_ask_dollars: "0.5350" },
    ...{ volume: 33, volume_fp: "33.50", open_interest: 20, ts: 1770000000 },
  }) as Ticker;
  assert.deepEqual(
    [ticker.bidPrice, ticker.askPrice, ticker.lastPrice, ticker.volumeTotal, ticker.openInterest],
    [0.45, 0.535, 0.485, 33.5, 20],
  );
});

Deno.test("the taker's side is read from its new names, whichever there are", () => {
  const side = (more: Record<string, unknown>) => {
    const [trade] = feed(kalshiNormalizer(SPECS), tradeFrame(more)).events as Trade[];
    return trade?.side;
  };
  assert.equal(side({ taker_outcome_side: "no" }), "sell");
  assert.equal(side({ taker_book_side: "ask" }), "sell");
  assert.equal(side({ taker_book_side: "bid", taker_side: "no" }), "buy");
  assert.equal(side({ taker_outcome_side: null, taker_book_side: null, taker_side: "yes" }), "buy");
  assert.equal(side({}), "unknown");
});

Deno.test("trades, tickers and lives keep what the venue says more", () => {
  const [block] = feed(kalshiNormalizer(SPECS), tradeFrame({ is_block_trade: true })).events;
  assert.equal(block?.type === "trade" && block.isBlockTrade, true);
  const [plain] = feed(kalshiNormalizer(SPECS), tradeFrame({ is_block_trade: false })).events;
  assert.ok(plain !== undefined && !("isBlockTrade" in plain));
  const figures = {
    ...{ price_dollars: "0.5900", volume_fp: "384196.44", dollar_volume: 192098 },
    dollar_open_interest: "64074",
  };
  const [ticker] = feed(kalshiNormalizer(SPECS), tickerFrame(figures)).events as Ticker[];
  assert.deepEqual(
    [ticker?.volumeTotal, ticker?.dollarVolume, ticker?.dollarOpenInterest],
    [384196.44, 192098, 64074],
  );
  const normalizer = kalshiNormalizer(SPECS);
  let seq = 0;
  const life = (event_type: string, more: Record<string, unknown>) => {
    const msg = { market_ticker: A, event_type, ...more };
    return feed(normalizer, numbered("market_lifecycle_v2", 4, ++seq, msg)).events[0] as Status;
  };
  const created = life("created", { open_ts: 1785542400, close_ts: 1785546000 });
  assert.deepEqual([created.openAtUs, created.closeAtUs], [1785542400000000, 1785546000000000]);
  const moved = life("close_date_updated", { close_ts: 1785549600 });
  assert.deepEqual(
    [moved.state, moved.kind, moved.closeAtUs],
    ["unknown", "terms", 1785549600000000],
  );
  const grid = { price_level_structure: "tapered_deci_cent", price_ranges: [] };
  const levels = life("price_level_structure_updated", grid);
  assert.deepEqual([levels.kind, levels.priceLevelStructure], ["terms", "tapered_deci_cent"]);
  const determined = life("determined", { result: "no", settlement_value: "0.0000" });
  assert.deepEqual([determined.result, determined.settlementValue], ["no", 0]);
  assert.equal(life("disputed", {}).state, "disputed");
  const amended = life("amended", { result: "yes", settlement_value: "1.0000" });
  assert.deepEqual([amended.state, amended.result, amended.settlementValue], ["amended", "yes", 1]);
  assert.equal(life("settled", {}).result, "yes");
});

Deno.test("frames of types that we do not know are counted and no gap", () => {
  const translator = new Translator("kalshi", kalshiNormalizer(SPECS));
  for (const type of ["fill", "user_order", "market_position", "order_group_updates"]) {
    const text = JSON.stringify({ type, sid: 7, msg: { market_ticker: A } });
    const { events, notice } = translator.line({ kind: "frame", atUs: 1, text });
    assert.deepEqual([events, notice?.type], [[], "unknown"], type);
  }
});

Deno.test("an unreadable frame makes one gap, for its symbol and channel where they can be told", () => {
  const gaps = (text: string) => {
    const translator = new Translator("kalshi", kalshiNormalizer(SPECS));
    const line = (frame: string) => translator.line({ kind: "frame", atUs: 1, text: frame });
    line(ackFrame("orderbook_delta", 1));
    line(snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []));
    return line(text).events.map((event) => event.type === "gap" && [event.symbol, event.channel]);
  };
  assert.deepEqual(gaps(deltaFrame(1, 2, A, "yes", "0.4,0", "1.00")), [[A, "orderbook"]]);
  assert.deepEqual(gaps(numbered("orderbook_delta", 1, 2, {})), [[A, "orderbook"]]);
  assert.deepEqual(gaps(tradeFrame({ count_fp: "many" })), [[A, "trade"]]);
  assert.deepEqual(gaps(tickerFrame({ yes_bid_dollars: "x" })), [[A, "ticker"]]);
  assert.deepEqual(gaps('{"type":"trade","msg":{}}'), [["_all", "trade"]]);
});

Deno.test("two subscriptions of books on one market drop no delta and change nothing twice", () => {
  const normalizer = kalshiNormalizer(SPECS);
  const frames = [
    ackFrame("orderbook_delta", 1),
    snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []),
    ackFrame("orderbook_delta", 2),
    snapshotFrame(2, 1, A, [["0.4000", "5.00"]], []),
    deltaFrame(1, 2, A, "yes", "0.4000", "1.00"),
    deltaFrame(2, 2, A, "yes", "0.4000", "1.00"),
    deltaFrame(2, 3, A, "yes", "0.4100", "2.00"),
    deltaFrame(1, 3, A, "yes", "0.4100", "2.00"),
  ];
  const records = frames.flatMap((text) => feed(normalizer, text).events);
  assert.deepEqual(brief(records), [`snapshot ${A}`, `snapshot ${A}`, `delta ${A}`, `delta ${A}`]);
  const [book] = normalizer.snapshots() as OrderBookUpdate[];
  assert.deepEqual(book?.bids, [{ price: 0.41, size: 2 }, { price: 0.4, size: 6 }]);
});

Deno.test("two subscriptions of trades on one market give each trade once", () => {
  const trade = (sid: number, seq: number, id: string) =>
    numbered("trade", sid, seq, JSON.parse(tradeFrame({ trade_id: id, ...TAKER })).msg);
  let normalizer = kalshiNormalizer(SPECS);
  const idsOf = (...frames: string[]) =>
    frames.flatMap((text) => feed(normalizer, text).events)
      .flatMap((event) => event.type === "trade" ? [event.tradeId] : []);
  assert.deepEqual(idsOf(ackFrame("trade", 1), trade(1, 1, "a"), ackFrame("trade", 2)), ["a"]);
  assert.deepEqual(idsOf(trade(1, 2, "b"), trade(2, 1, "b"), trade(2, 2, "c")), ["b", "c"]);
  const state = normalizer.state();
  normalizer = kalshiNormalizer(SPECS);
  normalizer.restore(state);
  assert.deepEqual(idsOf(trade(1, 3, "c"), trade(2, 3, "d")), ["d"]);
  // Only another subscription repeats a trade: within one, each message counts.
  assert.deepEqual(idsOf(trade(2, 4, "d")), ["d"]);
});

Deno.test("a book whose subscription ends while another covers it is a gap until its snapshot", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []), 5);
  feed(normalizer, snapshotFrame(2, 1, A, [["0.4000", "5.00"]], []), 6);
  feed(normalizer, '{"id":2,"sid":2,"seq":2,"type":"unsubscribed"}', 7);
  assert.equal(suspectBooks(normalizer).size, 0);
  const { events, send } = feed(normalizer, deltaFrame(1, 2, A, "yes", "0.4000", "1.00"), 8);
  const [gap] = events as Gap[];
  assert.deepEqual([gap?.reason, gap?.symbol, gap?.fromUs], ["subscription", A, 7]);
  assert.equal(JSON.parse(send[0] ?? "").params.sid, 1);
  assert.deepEqual(suspectBooks(normalizer), new Map([[A, 7]]));
  const healed = feed(normalizer, snapshotFrame(1, 3, A, [["0.4000", "6.00"]], []), 9).events;
  assert.deepEqual(brief(healed), [`gap subscription ${A} recovered`, `snapshot ${A}`]);
});

Deno.test("a book whose subscription simply ended is not suspect, and not asked for", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, ackFrame("orderbook_delta", 1));
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []));
  assert.deepEqual([...suspectBooks(normalizer).keys()], [B]);
  feed(normalizer, '{"id":2,"sid":1,"seq":2,"type":"unsubscribed"}');
  assert.equal(suspectBooks(normalizer).size, 0);
  assert.deepEqual(normalizer.tick(1e9).send, []);
});

Deno.test("combos are told of by a channel of their own", () => {
  const normalizer = kalshiNormalizer([{ symbol: COMBO, external: COMBO }]);
  const channels = normalizer.subscribe().map((text) => JSON.parse(text).params.channels[0]);
  assert.deepEqual(channels.slice(-2), ["market_lifecycle_v2", "multivariate_market_lifecycle"]);
  const msg = { market_ticker: COMBO, event_type: "activated" };
  const { events } = feed(normalizer, numbered("multivariate_market_lifecycle", 5, 1, msg));
  assert.deepEqual(brief(events), [`status ${COMBO} open `]);
});

Deno.test("a subscription with too many markets is asked for in two halves, down to one market", () => {
  const tickers = ["KX1", "KX2", "KX3"];
  const normalizer = kalshiNormalizer(tickers.map((external) => ({ symbol: external, external })));
  normalizer.connected(1);
  const refuse = (id: number) =>
    feed(
      normalizer,
      JSON.stringify({ id, type: "error", msg: { code: 26, msg: "market limit exceeded" } }),
    ).send.map((text) => JSON.parse(text));
  const halves = refuse(1);
  assert.deepEqual(halves.map(({ id, params }) => [id, params.channels, params.market_tickers]), [
    [5, ["orderbook_delta"], ["KX1", "KX2"]],
    [6, ["orderbook_delta"], ["KX3"]],
  ]);
  assert.deepEqual(refuse(5).map(({ params }) => params.market_tickers), [["KX1"], ["KX2"]]);
  assert.deepEqual(refuse(6), []);
  const ack = { type: "subscribed", id: 7, msg: { channel: "orderbook_delta", sid: 3 } };
  const { notice } = feed(normalizer, JSON.stringify(ack));
  assert.deepEqual(notice, { type: "subscribed", channel: "orderbook_delta", symbols: ["KX1"] });
});

Deno.test("a refusal for too many requests does not ask again at once", () => {
  const normalizer = kalshiNormalizer(SPECS);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []));
  assert.equal(feed(normalizer, deltaFrame(1, 3, A, "yes", "0.4000", "1.00")).send.length, 1);
  feed(normalizer, '{"id":1,"type":"error","msg":{"code":27,"msg":"too many requests"}}');
  assert.deepEqual(feed(normalizer, deltaFrame(1, 5, A, "yes", "0.4000", "1.00")).send, []);
  assert.deepEqual(normalizer.tick(10_000_000).send, []);
  assert.equal(normalizer.tick(10_000_001).send.length, 1);
});

import assert from "node:assert/strict";
import {
  ALL_SYMBOLS,
  type Gap,
  type GapReason,
  lostGap,
  type MarketEvent,
  openGap,
  type OrderBookUpdate,
  recoveredGap,
} from "@ssmd/market";
import { MarketData } from "./market_data.ts";

const SILENT_US = 30_000_000;

/** What the gateway knows after these records. */
function dataAfter(...events: readonly MarketEvent[]): MarketData {
  const nothing = () => {};
  const data = new MarketData({
    ...{ onRecord: nothing, onFeedRecord: nothing, onMarket: nothing, onSnapshotWanted: nothing },
    onBooksLost: nothing,
  });
  data.add(["kraken"], [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }]);
  for (const event of events) data.takeRecord(event);
  return data;
}

function record(type: MarketEvent["type"], receivedAtUs: number, more: object): MarketEvent {
  const base = { timestampUs: 0, receivedAtUs, symbol: "BTCUSD", feed: "kraken", sequence: 1 };
  return { type, ...base, ...more } as MarketEvent;
}

function snapshot(atUs: number): MarketEvent {
  const levels = { bids: [{ price: 1, size: 1 }], asks: [], depth: 0, checksum: "unverified" };
  return record("orderbook", atUs, { kind: "snapshot", ...levels });
}

Deno.test("a settled market has no book, whatever still comes of it", () => {
  const settled = record("status", 20, { state: "settled", result: "yes", detail: "settled" });
  const broken = openGap({
    ...{ feed: "kraken", symbol: ALL_SYMBOLS, reason: "disconnect", detail: "x" },
    ...{ fromUs: 30, atUs: 30, missed: null },
  });
  const market = dataAfter(snapshot(10), settled, snapshot(21), broken).market("BTCUSD");
  assert.equal(market?.bookState, "ended");
  assert.equal(market.book.bids.length, 0);
});

Deno.test("a market that left the environment has no book and a gap, until it is back", () => {
  const reported: string[] = [];
  const nothing = () => {};
  const data = new MarketData({
    ...{ onFeedRecord: nothing, onMarket: nothing, onSnapshotWanted: nothing },
    onBooksLost: nothing,
    onRecord: ({ type, ...event }) =>
      void reported.push("toUs" in event ? `${type} ${event.fromUs} ${event.toUs}` : type),
  });
  const spec = { feed: "kraken", external: "BTC/USD" };
  data.replaceMarkets({}, { BTCUSD: spec, ETHUSD: spec }, 1);
  const [market, other] = [data.market("BTCUSD"), data.market("ETHUSD")];
  data.takeRecord(snapshot(10));
  data.replaceMarkets({ BTCUSD: spec, ETHUSD: spec }, { ETHUSD: spec }, 20);
  assert.equal(market?.bookState, "pending");
  assert.equal(market.statusUnknownSinceUs, 10);
  const { reason, fromUs, toUs } = market.openGap ?? {};
  assert.deepEqual([reason, fromUs, toUs], ["planned", 10, 0]);
  assert.equal(other?.openGap, undefined);
  // What was in flight, and an old answer, bring no book back.
  data.takeRecord(snapshot(21));
  data.takeSnapshotAnswer(snapshot(22) as OrderBookUpdate);
  assert.equal(market.bookState, "pending");
  data.replaceMarkets({ ETHUSD: spec }, { BTCUSD: spec, ETHUSD: spec }, 30);
  assert.equal(market.openGap, undefined);
  assert.equal(market.bookState, "pending");
  data.takeRecord(snapshot(31));
  assert.equal(market.bookState, "live");
  assert.deepEqual(reported, ["orderbook", "gap 10 0", "orderbook", "gap 10 30", "orderbook"]);
});

Deno.test("a market that is named again keeps its state, under the venue's name of now", () => {
  const data = dataAfter(snapshot(10));
  const market = data.market("BTCUSD");
  data.add([], [{ symbol: "BTCUSD", feed: "kraken", external: "XBT/USD" }]);
  assert.equal(data.market("BTCUSD"), market);
  assert.equal(market?.external, "XBT/USD");
  assert.equal(data.marketCount, 1);
});

Deno.test("a settled market leaves the environment without a gap", () => {
  const settled = record("status", 20, { state: "settled", result: "yes", detail: "settled" });
  const data = dataAfter(snapshot(10), settled);
  data.replaceMarkets({ BTCUSD: { feed: "kraken" } }, {}, 30);
  assert.equal(data.market("BTCUSD")?.openGap, undefined);
});

const STEP = { result: "", detail: "" };
const NEWS = { feed: "kraken", symbol: ALL_SYMBOLS, detail: "x", missed: null };

/** Since when the state of the market is not known after these records, µs; 0 = it is. */
function unknownSince(...events: MarketEvent[]): number | undefined {
  return dataAfter(...events).market("BTCUSD")?.statusUnknownSinceUs;
}

Deno.test("a state is not known from lost steps on, until a step comes or an open market trades", () => {
  const opened = record("status", 5, { ...STEP, state: "open" });
  const halted = record("status", 5, { ...STEP, state: "halted" });
  const lost = lostGap({ ...NEWS, reason: "disconnect", channel: "status", fromUs: 10, atUs: 20 });
  const trade = record("trade", 30, { price: 1, size: 1, side: "buy", tradeId: "1" });
  assert.equal(unknownSince(opened), 0);
  assert.equal(unknownSince(opened, lost), 10);
  assert.equal(unknownSince(opened, lost, trade), 0);
  assert.equal(unknownSince(halted, lost, trade), 10);
  assert.equal(unknownSince(opened, lost, { ...opened, receivedAtUs: 30 }), 0);
  const terms = record("status", 30, { ...STEP, state: "unknown", kind: "terms" });
  assert.equal(unknownSince(opened, lost, terms), 10);
  const settled = record("status", 5, { ...STEP, state: "settled" });
  assert.equal(unknownSince(settled, lost), 0, "what has ended stays ended");
});

Deno.test("while a gap is open in which steps may be missed, a state is not known", () => {
  const opened = record("status", 5, { ...STEP, state: "open" });
  for (const [channel, unknown] of [["all", 10], ["status", 10], ["trade", 0]] as const) {
    const gap = openGap({ ...NEWS, reason: "subscription", channel, fromUs: 10, atUs: 20 });
    assert.equal(unknownSince(opened, gap), unknown, channel);
    assert.equal(unknownSince(opened, gap, recoveredGap(gap, 30)), 0, channel);
  }
});

Deno.test("records that did not reach the gateway may have been steps", () => {
  const opened = record("status", 5, { ...STEP, state: "open" });
  const data = dataAfter(opened);
  data.recordGap(data.feed("kraken"), { reason: "slow", missed: 3, toUs: 30 });
  assert.equal(data.market("BTCUSD")?.statusUnknownSinceUs, 5);
});

Deno.test("an empty book of a market that may have ended unseen is not said to be right", () => {
  const lost = lostGap({ ...NEWS, reason: "disconnect", channel: "status", fromUs: 10, atUs: 20 });
  const empty = record("orderbook", 21, {
    ...{ kind: "snapshot", bids: [], asks: [], depth: 0, checksum: "unverified" },
  });
  assert.equal(dataAfter(snapshot(9), lost, snapshot(21)).market("BTCUSD")?.mayBeOver, false);
  assert.equal(dataAfter(snapshot(9), lost, empty).market("BTCUSD")?.mayBeOver, true);
  assert.equal(dataAfter(empty).market("BTCUSD")?.mayBeOver, false);
});

Deno.test("a feed tells how its connection is: never came, refused, live, silent", () => {
  const at = (data: MarketData, nowUs: number) =>
    data.feed("kraken").connectionAt(nowUs, SILENT_US);
  assert.deepEqual(at(dataAfter(), 5), { state: "connecting", why: "", sinceUs: 0 });
  const refused = openGap({
    ...{ feed: "kraken", symbol: ALL_SYMBOLS, reason: "disconnect", detail: "HTTP 401" },
    ...{ fromUs: 7, atUs: 8, missed: null },
  });
  const away = { state: "disconnected", why: "HTTP 401", sinceUs: 7 };
  assert.deepEqual(at(dataAfter(refused), 9), away);
  const back = dataAfter(refused, recoveredGap(refused, 10), snapshot(10));
  assert.deepEqual(at(back, 11), { state: "live", why: "", sinceUs: 0 });
  const silent = { state: "silent", why: "", sinceUs: 10 };
  assert.deepEqual(at(back, SILENT_US + 11), silent);
  const acknowledged = openGap({
    ...{ feed: "kraken", symbol: "BTCUSD", reason: "subscription", detail: "sent nothing" },
    ...{ fromUs: 5, atUs: 10, missed: null },
  });
  assert.equal(at(dataAfter(acknowledged), SILENT_US + 11).state, "silent");
});

/** Reason of what is open after these gaps of one symbol. */
function after(symbol: string, ...gaps: Gap[]): GapReason | undefined {
  const data = dataAfter(...gaps);
  const open = symbol === ALL_SYMBOLS ? data.feed("kraken").gap : data.market(symbol)?.gaps.worst;
  return open?.reason;
}

for (const symbol of [ALL_SYMBOLS, "BTCUSD"]) {
  const gap = (reason: GapReason, fromUs: number) =>
    openGap({ feed: "kraken", symbol, reason, fromUs, atUs: fromUs, missed: null, detail: "x" });
  const clock = gap("clock", 10);
  const broken = gap("disconnect", 20);

  Deno.test(`a clock's gap neither hides nor ends one of books: ${symbol}`, () => {
    assert.deepEqual(after(symbol, clock), "clock");
    assert.deepEqual(after(symbol, clock, recoveredGap(clock, 30)), undefined);
    assert.deepEqual(after(symbol, clock, broken), "disconnect");
    assert.deepEqual(after(symbol, broken, clock), "disconnect");
    assert.deepEqual(after(symbol, clock, broken, recoveredGap(clock, 30)), "disconnect");
    assert.deepEqual(after(symbol, broken, recoveredGap(broken, 30), clock), "clock");
  });
}

Deno.test("a step that only the security master tells holds until a record that came later", () => {
  const data = dataAfter(record("status", 10, { ...STEP, state: "open" }));
  const market = data.market("BTCUSD");
  assert.ok(market);
  const disputed = record("status", 30, { ...STEP, state: "disputed" });
  assert.ok(disputed.type === "status");
  data.takeMasterStatus(disputed, market);
  data.takeRecord(record("status", 20, { ...STEP, state: "closed" }));
  assert.equal(market.status?.state, "disputed", "the record was late");
  data.takeRecord(record("status", 40, { ...STEP, state: "amended", result: "no" }));
  data.takeMasterStatus(disputed, market);
  assert.deepEqual([market.status?.state, market.status?.result], ["amended", "no"]);
});

Deno.test("what the security master knew before steps were lost does not make a state known", () => {
  const data = dataAfter(record("status", 10, { ...STEP, state: "open" }));
  const market = data.market("BTCUSD");
  assert.ok(market);
  market.loseSteps(30);
  const step = (atUs: number, state: string) => {
    const status = record("status", atUs, { ...STEP, state });
    if (status.type === "status") data.takeMasterStatus(status, market);
    return [market.status?.state, market.statusUnknownSinceUs];
  };
  assert.deepEqual(step(20, "halted"), ["halted", 30]);
  assert.deepEqual(step(40, "halted"), ["halted", 0]);
});

import assert from "node:assert/strict";
import type { Gap, MarketEvent, Trade } from "@ssmd/market";
import type { CapturedLine } from "../captured_line.ts";
import { Translator } from "../translator.ts";
import { brief, krakenNormalizer, snapshotFrame, tradeFrame } from "./test_frames.ts";

const BTC = { symbol: "BTCUSD", external: "BTC/USD" };
const DAY_US = 86_400_000_000;
const MIDNIGHT_US = Date.UTC(2026, 7, 2) * 1000;
const SNAPSHOT = snapshotFrame("BTC/USD", [["100.0", "1.5"]], [["100.5", "2.0"]]);
const HEARTBEAT = '{"channel":"heartbeat"}';

function frame(atUs: number, text: string): CapturedLine {
  return { kind: "frame", atUs, text };
}

function event(atUs: number, name: string, more = {}): CapturedLine {
  return { kind: "event", atUs, name, why: "", ...more };
}

/** A run of a connection of Kraken from its first line on. */
function runOf(run: number, lines: readonly CapturedLine[], symbols = [BTC]) {
  const normalizer = krakenNormalizer(symbols);
  const translator = new Translator("kraken", normalizer, { run, connection: 1 });
  const events = lines.flatMap((line) => translator.line(line).events);
  return { translator, normalizer, events };
}

function tradesIn(events: readonly MarketEvent[]): string[] {
  return events.filter((each): each is Trade => each.type === "trade").map((each) => each.tradeId);
}

Deno.test("a trade that the venue repeats to the next run comes once, what it missed is a gap", () => {
  const first = runOf(1, [event(1, "connect"), frame(2, tradeFrame("snapshot", [500, 501, 502]))]);
  assert.deepEqual(tradesIn(first.events), ["500", "501", "502"]);
  const resumed = event(10, "resumed", { fromUs: 2, carried: first.translator.carried() });
  const repeated = frame(11, tradeFrame("snapshot", [501, 502, 503]));
  assert.deepEqual(tradesIn(runOf(2, [resumed, repeated]).events), ["503"]);
  const later = frame(12, tradeFrame("snapshot", [699, 700]));
  const { events } = runOf(3, [resumed, later]);
  assert.deepEqual(brief(events), [
    ...["gap disconnect _all", "gap disconnect _all recovered"],
    ...["gap sequence BTCUSD", "trade BTCUSD", "trade BTCUSD"],
  ]);
  const gap = events[2] as Gap;
  assert.deepEqual([gap.missed, gap.fromUs, gap.toUs], [196, 2, 12]);
});

const OFF = event(20, "unsubscribe", { why: "BTCUSD" });
const ON = event(30, "subscribe", { why: JSON.stringify([BTC]) });

/** A market that had the trades 500 to 502 before it was taken off, and what is known of it then. */
function takenOff() {
  const before = frame(2, tradeFrame("snapshot", [500, 501, 502]));
  const first = runOf(1, [event(1, "connect"), before, OFF]);
  const carried: unknown = JSON.parse(JSON.stringify(first.translator.carried()));
  return { ...first, carried };
}

/** What of these ids is published: each trade, and each gap with what it missed. */
function published(translator: Translator, ids: readonly number[], atUs: number): string[] {
  const { events } = translator.line(frame(atUs, tradeFrame("snapshot", ids)));
  return events.map((each) =>
    each.type === "trade" ? each.tradeId : `${each.type} ${"missed" in each ? each.missed : ""}`
  );
}

Deno.test("a market that was taken off and comes back misses nothing of the time between", () => {
  const { translator, carried } = takenOff();
  translator.line({ ...ON, carried } as CapturedLine);
  assert.deepEqual(published(translator, [699, 700], 31), ["699", "700"]);
  assert.deepEqual(published(translator, [703], 32), ["gap 2", "703"]);
});

Deno.test("of a market that comes back, on whatever connection and after a restart, nothing is told twice", () => {
  const { carried } = takenOff();
  const ETH = { symbol: "ETHUSD", external: "ETH/USD" };
  const line = { ...ON, carried } as CapturedLine;
  for (const way of ["other connection", "restart", "state"]) {
    const other = way === "restart"
      ? runOf(2, [event(30, "resumed", { fromUs: 20, carried })])
      : runOf(2, [event(1, "connect"), line], [ETH]);
    let { translator } = other;
    if (way === "state") {
      const normalizer = krakenNormalizer([ETH, BTC]);
      normalizer.restore(JSON.parse(JSON.stringify(other.normalizer.state())));
      translator = new Translator("kraken", normalizer, { run: 3, connection: 1 });
    }
    const next = published(translator, [501, 502, 503], 31).filter((each) => each !== "gap null");
    assert.deepEqual(next, ["503"], way);
    assert.deepEqual(published(translator, [506], 32), ["gap 2", "506"], way);
  }
});

Deno.test("once a repeat shows that a market that came back missed nothing, what is missing is told", () => {
  const { translator, carried } = takenOff();
  translator.line({ ...ON, carried } as CapturedLine);
  assert.deepEqual(published(translator, [501, 502], 31), []);
  assert.deepEqual(published(translator, [504], 32), ["gap 1", "504"]);
});

Deno.test("a market whose depth changes was wanted all the time: what it missed is told", () => {
  const { translator } = runOf(1, [frame(2, tradeFrame("snapshot", [500]))]);
  const carried = translator.carried();
  translator.line(OFF);
  translator.line({ ...ON, carried } as CapturedLine);
  assert.deepEqual(published(translator, [502], 31), ["gap 1", "502"]);
});

Deno.test("what a run carries goes through JSON unchanged, and only to its own markets", () => {
  const first = runOf(1, [frame(2, tradeFrame("snapshot", [500]))]);
  const carried = JSON.parse(JSON.stringify(first.translator.carried()));
  assert.deepEqual(carried, first.translator.carried());
  const ETH = { symbol: "ETHUSD", external: "ETH/USD" };
  const other = runOf(2, [event(10, "resumed", { fromUs: 2, carried })], [ETH]);
  assert.deepEqual(other.translator.carried(), { "ETH/USD": {} });
});

Deno.test("what is no carried state is left out", () => {
  for (
    const odd of [{ trade: 7 }, { trade: [1, 2] }, { trade: ["a", 1, 2] }, { gap: { type: 1 } }, {
      missing: [{ type: "gap" }, 3],
    }]
  ) {
    const { events, translator } = runOf(2, [
      event(10, "resumed", { fromUs: 2, carried: { "BTC/USD": odd } }),
      frame(11, tradeFrame("snapshot", [500])),
    ]);
    assert.deepEqual(tradesIn(events), ["500"], JSON.stringify(odd));
    assert.equal(translator.carried()["BTC/USD"]?.["gap"], undefined);
  }
});

Deno.test("the gap of a book that was open when the run ended is ended by the next run's snapshot", () => {
  const wrong = SNAPSHOT.replace(/"checksum":\d+/, '"checksum":1');
  const first = runOf(1, [frame(2, SNAPSHOT), frame(3, wrong)]);
  assert.deepEqual(brief(first.events), ["snapshot BTCUSD", "gap checksum BTCUSD"]);
  const resumed = event(10, "resumed", { fromUs: 3, carried: first.translator.carried() });
  const { events } = runOf(2, [resumed, frame(11, SNAPSHOT)]);
  assert.deepEqual(brief(events).slice(2), ["gap checksum BTCUSD recovered", "snapshot BTCUSD"]);
  assert.equal((events[2] as Gap).fromUs, (first.events[1] as Gap).fromUs);
});

Deno.test("the gap of what never came goes on in the next run, and its first record ends it", () => {
  const refusal = '{"method":"subscribe","success":false,"error":"Currency pair not supported ' +
    'BTC/USD","symbol":"BTC/USD"}';
  const first = runOf(1, [event(1, "connect"), frame(2, SNAPSHOT), frame(3, refusal)]);
  const opened = first.events.filter((each): each is Gap => each.type === "gap");
  assert.deepEqual(opened.map(({ channel }) => channel), ["trade", "ticker"]);
  const carried = JSON.parse(JSON.stringify(first.translator.carried()));
  const resumed = event(10, "resumed", { fromUs: 2, carried });
  const again = [event(11, "connect"), frame(12, SNAPSHOT), frame(12, refusal)];
  const { events } = runOf(2, [resumed, ...again, frame(13, tradeFrame("snapshot", [1]))]);
  assert.deepEqual(brief(events), [
    ...["gap disconnect _all", "gap disconnect _all recovered", "snapshot BTCUSD"],
    ...["gap subscription BTCUSD recovered", "trade BTCUSD"],
  ]);
  const recovered = events[3] as Gap;
  assert.deepEqual([recovered.channel, recovered.fromUs, recovered.toUs], ["trade", 1, 13]);
});

Deno.test("a venue that counts its trades anew is told, and they are taken", () => {
  const anew = tradeFrame("snapshot", [1, 2]).replaceAll("2026-08-01", "2026-08-02");
  const { events } = runOf(1, [frame(2, tradeFrame("snapshot", [500])), frame(3, anew)]);
  assert.deepEqual(brief(events).slice(1), ["gap sequence BTCUSD", "trade BTCUSD", "trade BTCUSD"]);
  assert.equal((events[1] as Gap).missed, null);
});

Deno.test("a stop on purpose is a gap of its own reason, unless it goes on from a break", () => {
  const resumed = event(10, "resumed", { fromUs: 2, planned: true });
  const stopped = runOf(2, [resumed, frame(11, SNAPSHOT)]);
  assert.deepEqual(brief(stopped.events), [
    ...["gap planned _all", "gap planned _all recovered", "snapshot BTCUSD"],
  ]);
  const broken = runOf(2, [resumed, event(12, "disconnect"), frame(13, SNAPSHOT)]);
  assert.deepEqual(brief(broken.events).slice(1, 3), [
    ...["gap disconnect _all", "gap disconnect _all recovered"],
  ]);
});

Deno.test("trades missed by a stop on purpose are part of it", () => {
  const first = runOf(1, [frame(2, tradeFrame("snapshot", [500]))]);
  const carried = first.translator.carried();
  const reasons = (planned: boolean) =>
    runOf(2, [
      event(10, "resumed", { fromUs: 2, planned, carried }),
      frame(11, tradeFrame("snapshot", [510])),
      frame(12, tradeFrame("update", [520])),
    ]).events.flatMap((each) => each.type === "gap" ? [[each.reason, each.missed]] : []);
  assert.deepEqual(reasons(true), [
    ...[["planned", null], ["planned", null], ["planned", 9], ["sequence", 9]],
  ]);
  assert.deepEqual(reasons(false).map(([reason]) => reason), [
    ...["disconnect", "disconnect", "sequence", "sequence"],
  ]);
});

Deno.test("a day begins with snapshots of all sound books, before its first line's records", () => {
  const before = frame(MIDNIGHT_US - 5, SNAPSHOT);
  const trade = frame(MIDNIGHT_US + 7, tradeFrame("update", [1]));
  const { events } = runOf(1, [before, trade, frame(MIDNIGHT_US + 8, HEARTBEAT)]);
  assert.deepEqual(brief(events), ["snapshot BTCUSD", "snapshot BTCUSD", "trade BTCUSD"]);
  const [first, second] = events as [MarketEvent, MarketEvent];
  assert.deepEqual(second, {
    ...first,
    ...{ receivedAtUs: MIDNIGHT_US + 7, timestampUs: 0, sequence: 2 },
  });
  assert.deepEqual(events.map(({ sequence }) => sequence), [1, 2, 3]);
});

Deno.test("a quiet day's first heartbeat brings the snapshots, a line that ends the books does not", () => {
  const lines = [frame(MIDNIGHT_US - 5, SNAPSHOT), frame(MIDNIGHT_US + DAY_US, HEARTBEAT)];
  assert.deepEqual(brief(runOf(1, lines).events), ["snapshot BTCUSD", "snapshot BTCUSD"]);
  for (const name of ["disconnect", "stop"]) {
    const { events } = runOf(1, [
      frame(MIDNIGHT_US - 5, SNAPSHOT),
      event(MIDNIGHT_US, name),
      frame(MIDNIGHT_US + 1, HEARTBEAT),
    ]);
    assert.equal(events.filter(({ type }) => type === "orderbook").length, 1, name);
  }
});

Deno.test("a translator that goes on from a state begins the day as one that never stopped", () => {
  const lines = [
    frame(MIDNIGHT_US - 5, SNAPSHOT),
    frame(MIDNIGHT_US + 7, tradeFrame("update", [1])),
  ];
  const whole = runOf(1, lines).events;
  const normalizer = krakenNormalizer([BTC]);
  const first = new Translator("kraken", normalizer, { run: 1, connection: 1 });
  const events = first.line(lines[0] as CapturedLine).events;
  const next = krakenNormalizer([BTC]);
  next.restore(normalizer.state());
  const { origin, lastUs } = first;
  const second = new Translator("kraken", next, { ...origin, lastUs });
  assert.deepEqual([...events, ...second.line(lines[1] as CapturedLine).events], whole);
});

/** The frame of trade `id`, whose price cannot be read. */
function unreadable(id: number): string {
  return tradeFrame("update", [id]).replace("100.5", '"?"');
}

function missedIn(events: readonly MarketEvent[]): (string | number | null)[][] {
  return events.filter((each): each is Gap => each.type === "gap" && each.channel === "trade")
    .map(({ reason, missed }) => [reason, missed]);
}

Deno.test("a trade that cannot be read is missing once", () => {
  const trade = (id: number) => tradeFrame("update", [id]);
  const missed = (...texts: string[]) =>
    missedIn(runOf(1, texts.map((text, i) => frame(i + 1, text))).events);
  const parse = ["parse", 1];
  assert.deepEqual(missed(trade(5), unreadable(6), trade(7), trade(9)), [parse, ["sequence", 1]]);
  assert.deepEqual(missed(trade(5), unreadable(6), unreadable(7), trade(8)), [parse, parse]);
  // What lies between is told beside it.
  assert.deepEqual(missed(trade(5), unreadable(6), trade(9)), [parse, ["sequence", 2]]);
  // A frame gives one gap of one message, however many of its trades cannot be read.
  const two = tradeFrame("update", [6, 7]).replaceAll("100.5", '"?"');
  assert.deepEqual(missed(trade(5), two, trade(8)), [parse, ["sequence", 1]]);
  // A trade that was repeated in order is no longer missing, and neither is what follows it.
  const repeated = runOf(1, [
    ...[frame(1, trade(5)), frame(2, unreadable(6))],
    frame(3, tradeFrame("snapshot", [5, 6, 7])),
  ]);
  assert.deepEqual(tradesIn(repeated.events), ["5", "6", "7"]);
  assert.deepEqual(missedIn(repeated.events), [parse]);
});

Deno.test("a trade that cannot be read before midnight is missing once after it", () => {
  const before = runOf(1, [frame(1, tradeFrame("update", [5])), frame(2, unreadable(6))]);
  const state = JSON.parse(JSON.stringify(before.normalizer.state()));
  const after = krakenNormalizer([BTC]);
  after.restore(state);
  const events = after.normalize(JSON.parse(tradeFrame("update", [7])), "", 3).events;
  assert.deepEqual(missedIn(events), []);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Gap, MarketEvent } from "@ssmd/market";
import type { Subscription, SubscriptionOrder } from "./subscription.ts";
import { SubscriptionLedger } from "./subscription_ledger.ts";

const SECOND = 1_000_000;

const ORDERS: SubscriptionOrder[] = ["A", "B"].flatMap((symbol) => [
  { channel: "orderbook", external: symbol, symbol, proof: "data" },
  { channel: "trade", external: symbol, symbol, proof: "confirmation" },
]);

function connected() {
  const ledger = new SubscriptionLedger("fake", ORDERS);
  ledger.connected(SECOND);
  return ledger;
}

/** What was asked for, at which seconds. */
function requested(
  ledger: SubscriptionLedger,
  from: number,
  to: number,
  events: MarketEvent[] = [],
) {
  const seconds: [number, string[]][] = [];
  for (let second = from; second <= to; second++) {
    const due = ledger.tick(second * SECOND, events);
    if (due.length > 0) seconds.push([second, due.map(nameOf)]);
  }
  return seconds;
}

const nameOf = ({ channel, symbol }: { channel?: string; symbol: string }) =>
  `${channel} ${symbol}`;

Deno.test("what the venue refuses is a gap of its symbol and channel at once, and asked for again", () => {
  const ledger = connected();
  const events: MarketEvent[] = [];
  const trades = ledger.find("trade", "B") as Subscription;
  ledger.refuse([trades], "Exceeded msg rate", 2 * SECOND, events);
  for (const each of ledger.all) {
    if (each !== trades) ledger.arrive(each.channel, each.symbol, 2 * SECOND, events);
  }
  const [gap] = events as Gap[];
  assert.equal(events.length, 1);
  assert.deepEqual([gap?.symbol, gap?.channel, gap?.reason], ["B", "trade", "subscription"]);
  assert.deepEqual([gap?.fromUs, gap?.toUs], [SECOND, 0]);
  assert.match(gap?.detail ?? "", /refused trade of B: Exceeded msg rate/);
  assert.deepEqual(requested(ledger, 3, 400, events).map(([second]) => second), [
    7,
    17,
    37,
    77,
    157,
    317,
  ]);
  assert.equal(events.length, 1, "asking again is no news");
  ledger.confirm(trades, 401 * SECOND, events);
  assert.deepEqual([(events[1] as Gap).recovered, (events[1] as Gap).toUs], [true, 401 * SECOND]);
  assert.deepEqual(ledger.missing(), []);
});

Deno.test("what is confirmed and never comes is a gap since the connection was opened", () => {
  const ledger = connected();
  const events: MarketEvent[] = [];
  for (const each of ledger.all) ledger.confirm(each, 2 * SECOND, events);
  assert.deepEqual(requested(ledger, 3, 11, events), [[11, ["orderbook A", "orderbook B"]]]);
  assert.deepEqual(events.map((event) => nameOf(event as Gap)), ["orderbook A", "orderbook B"]);
  assert.equal((events[0] as Gap).fromUs, SECOND);
  assert.match((events[0] as Gap).detail, /confirmed orderbook of A and sent nothing/);
});

Deno.test("a book that fails again and again is asked for with growing pauses, not at the wire's pace", () => {
  const ledger = connected();
  const events: MarketEvent[] = [];
  let requests = 0;
  for (let us = SECOND; us < 61 * SECOND; us += 50_000) {
    ledger.arrive("orderbook", "A", us, events);
    ledger.invalidate("orderbook", "A", us, us + 1);
    requests += ledger.tick(us + 2, events).filter(({ symbol, channel }) =>
      symbol === "A" && channel === "orderbook"
    ).length;
  }
  assert.ok(requests <= 6, `${requests} requests in a minute`);
});

Deno.test("silence is a gap only if the question is not answered", () => {
  const ledger = connected();
  const events: MarketEvent[] = [];
  for (const each of ledger.all) ledger.arrive(each.channel, each.symbol, 2 * SECOND, events);
  const book = ledger.find("orderbook", "A") as Subscription;
  ledger.doubt(book, 2 * SECOND, 100 * SECOND);
  assert.deepEqual(requested(ledger, 100, 100, events), [[100, ["orderbook A"]]]);
  ledger.arrive("orderbook", "A", 101 * SECOND, events);
  assert.deepEqual(events, []);
  ledger.doubt(book, 101 * SECOND, 200 * SECOND);
  requested(ledger, 200, 215, events);
  assert.deepEqual(events.map((event) => (event as Gap).fromUs), [101 * SECOND]);
});

Deno.test("a market that is over is expected no more", () => {
  const ledger = connected();
  const events: MarketEvent[] = [];
  ledger.end("A", 2 * SECOND, events);
  const due = requested(ledger, 3, 100, events).flatMap(([, names]) => names);
  assert.ok(due.every((name) => name.endsWith(" B")));
  assert.deepEqual(new Set(ledger.missing().map(({ symbol }) => symbol)), new Set(["B"]));
});

const step = fc.record({
  what: fc.constantFrom(
    ...[
      "connect",
      "disconnect",
      "confirm",
      "arrive",
      "refuse",
      "lose",
      "doubt",
      "renew",
      "wait",
    ] as const,
  ),
  order: fc.nat(ORDERS.length - 1),
  afterS: fc.nat(400),
});

Deno.test("whatever happens: a gap opens once and ends once, and what is missing is asked for in time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let ledger = new SubscriptionLedger("fake", ORDERS);
      const events: MarketEvent[] = [];
      let atUs = SECOND;
      let isConnected = false;
      for (const { what, order, afterS } of steps) {
        atUs += afterS * SECOND + 1;
        const each = ledger.all[order] as Subscription;
        const { channel, symbol } = each;
        if (what === "connect" && !isConnected) isConnected = (ledger.connected(atUs), true);
        else if (what === "disconnect") isConnected = (ledger.disconnected(atUs), false);
        else if (isConnected) {
          if (what === "confirm") ledger.confirm(each, atUs, events);
          if (what === "arrive") ledger.arrive(channel, symbol, atUs, events);
          if (what === "refuse") ledger.refuse([each], "no", atUs, events);
          if (what === "lose" && channel === "orderbook") {
            ledger.invalidate(channel, symbol, atUs, atUs);
          }
          if (what === "doubt") ledger.doubt(each, atUs, atUs);
          if (what === "renew") ledger.renew(atUs, atUs);
          ledger.tick(atUs, events);
          for (const { nextUs } of ledger.missing()) {
            assert.ok(nextUs > atUs && nextUs <= atUs + 300 * SECOND);
            assert.ok(ledger.dueUs <= nextUs);
          }
        }
        const copy = new SubscriptionLedger("fake", ORDERS);
        copy.restore(JSON.parse(JSON.stringify(ledger.state())));
        assert.deepEqual(copy.all, ledger.all);
        ledger = copy;
        const open = new Map<string, Gap>();
        for (const event of events as Gap[]) {
          assert.equal(open.has(nameOf(event)), event.recovered, "gaps open and end in turn");
          if (event.recovered) {
            assert.ok(event.toUs >= event.fromUs);
            open.delete(nameOf(event));
          } else open.set(nameOf(event), event);
        }
        for (const now of ledger.all) {
          assert.equal(now.gap !== null, open.has(nameOf(now)));
          assert.ok(now.state !== "live" || now.gap === null);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("of a recording that does not show its orders, only what was refused is missing", () => {
  const ledger = new SubscriptionLedger(
    "fake",
    ORDERS.map((order) => ({ ...order, isUnknown: true })),
  );
  const events: MarketEvent[] = [];
  ledger.connected(SECOND);
  ledger.arrive("orderbook", "A", 2 * SECOND, events);
  assert.deepEqual(requested(ledger, 3, 100, events), []);
  ledger.disconnected(100 * SECOND);
  ledger.connected(101 * SECOND);
  assert.deepEqual(requested(ledger, 102, 200, events), []);
  assert.deepEqual(events, []);
  const trades = ledger.find("trade", "B") as Subscription;
  ledger.refuse([trades], "no", 220 * SECOND, events);
  assert.deepEqual(events.map((event) => (event as Gap).channel), ["trade"]);
});

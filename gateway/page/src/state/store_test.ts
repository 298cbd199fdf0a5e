import assert from "node:assert/strict";
import { stateText } from "./market_row.ts";
import { Store } from "./store.ts";

const HEAD = { symbol: "BTCUSD", feed: "kraken", ts: 1000, recv_ts: 1004 };

function focused(): Store {
  const store = new Store();
  store.takeSummary({ ...HEAD, state: "open", book: "pending", gap: null, last_price: 9 });
  store.focus("BTCUSD@kraken");
  const book = { bids: [[9, 1]], asks: [[10, 1]], depth: 0, checksum: "verified" };
  store.take({ ...HEAD, ...book, type: "orderbook", kind: "snapshot" });
  return store;
}

Deno.test("a drop is marked between the trades, and a book that lost a change is not used", () => {
  const store = focused();
  store.takeDropped({ type: "dropped", count: 3, until: 2000, books: ["ETHUSD"], books_count: 1 });
  assert.equal(store.book.known, true);
  store.takeDropped({ type: "dropped", count: 9, until: 2000, books: ["BTCUSD"], books_count: 1 });
  assert.equal(store.book.known, false);
  const marks = store.tape.entries.map((entry) => "mark" in entry ? entry.mark.slice(0, 10) : "");
  assert.deepEqual(marks, ["3 messages", "9 messages"]);
});

Deno.test("a drop of more books than are named may have hit the one that is looked at", () => {
  const store = focused();
  store.takeDropped({ type: "dropped", count: 9, until: 2000, books: ["ETHUSD"], books_count: 7 });
  assert.equal(store.book.known, false);
});

Deno.test("the same symbol of another feed is another market", () => {
  const store = focused();
  const trade = { ...HEAD, type: "trade", price: 5, size: 1, side: "buy", seq: 1, feed: "other" };
  store.take(trade);
  assert.equal(store.current?.last, 9);
  assert.equal(store.find("BTCUSD", "other")?.last, 5);
  assert.deepEqual(store.tape.entries, []);
});

Deno.test("a gap of a whole feed is open for its markets until it is recovered", () => {
  const store = focused();
  const gap = {
    ...HEAD,
    type: "gap",
    symbol: "_all",
    reason: "disconnect",
    from: 900,
    missed: null,
  };
  store.take({ ...gap, to: null, recovered: false });
  const row = store.current;
  assert.ok(row !== undefined);
  assert.deepEqual(store.gapOf(row), { reason: "disconnect", channel: "all", fromMs: 900 });
  assert.equal(store.book.known, false);
  store.take({ ...gap, to: 1000, recovered: true });
  assert.equal(store.gapOf(row), null);
});

Deno.test("a market whose life was not seen is of unknown state until it trades or a step comes", () => {
  const store = focused();
  const row = store.current;
  assert.ok(row !== undefined);
  const lost = { ...HEAD, type: "gap", symbol: "_all", channel: "status", reason: "disconnect" };
  const notSeen = { ...lost, from: 900, to: 1000, missed: null, recovered: false };
  const trade = { ...HEAD, type: "trade", price: 5, size: 1, side: "buy", seq: 1 };
  const settled = { ...HEAD, type: "status", state: "settled", result: "yes" };
  assert.equal(stateText(row), "open");
  store.take(notSeen);
  assert.match(stateText(row), /^unknown since /);
  assert.equal(store.gapOf(row), null);
  store.take(trade);
  assert.equal(stateText(row), "open");
  store.take(notSeen);
  store.take({ ...HEAD, type: "status", symbol: "_all", state: "open" });
  assert.equal(store.find("_all"), undefined);
  store.take({ ...HEAD, type: "status", state: "unknown", kind: "terms" });
  assert.match(stateText(row), /^unknown since /);
  store.take(settled);
  store.take(notSeen);
  assert.equal(stateText(row), "settled");
});

Deno.test("a market that is disputed and amended is shown so, news of its terms change nothing", () => {
  const store = focused();
  const row = store.find(HEAD.symbol);
  assert.ok(row);
  for (const state of ["closed", "disputed", "amended", "settled"]) {
    store.take({ ...HEAD, type: "status", state, result: "no" });
    store.take({ ...HEAD, type: "status", state: "unknown", kind: "terms", closeAt: 1 });
    assert.equal(stateText(row), state);
  }
});

Deno.test("the lag of a feed is the time from the venue's record to ours", () => {
  const store = focused();
  assert.deepEqual(store.lags.get("kraken"), [4]);
});

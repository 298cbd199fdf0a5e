import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import type { Entitlement } from "../access/account.ts";
import { Entitled } from "../access/entitled.ts";
import { testEntitlement } from "../access/testing/accounts.ts";
import { MarketData } from "./market_data.ts";
import { SeenData } from "./seen_data.ts";

const SPECS = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD" },
  { symbol: "BTCUSD", feed: "lab", external: "BTC" },
  { symbol: "KX1", feed: "kalshi", external: "KX1" },
];

function seenWith(denied: string[], ...given: Partial<Entitlement>[]): SeenData {
  const nothing = () => {};
  const data = new MarketData({
    ...{ onRecord: nothing, onFeedRecord: nothing, onMarket: nothing, onBooksLost: nothing },
    onSnapshotWanted: nothing,
  });
  data.add(["kraken", "kalshi", "empty"], SPECS);
  const entitled = new Entitled(
    given.map((each, i) => ({ ...testEntitlement("desk", "*", each), id: i })),
  );
  return new SeenData(data, {
    ...openAccess("client"),
    types: (feed, symbol) => entitled.types(feed, symbol, 0),
    feed: (feed) => entitled.feed(feed, 0),
    denied: (what) => void denied.push(what),
  });
}

function names(seen: SeenData) {
  return {
    feeds: [...seen.feeds()].map(({ id }) => id),
    markets: [...seen.markets()].map(({ symbol, feed }) => `${feed.id} ${symbol}`),
  };
}

Deno.test("what a caller is not entitled to is in no list", () => {
  assert.deepEqual(names(seenWith([])), { feeds: [], markets: [] });
  assert.deepEqual(names(seenWith([], { feed: "kraken", symbols: "BTC*" })), {
    feeds: ["kraken"],
    markets: ["kraken BTCUSD"],
  });
  assert.equal(names(seenWith([], {})).markets.length, SPECS.length);
});

Deno.test("a market of a hidden feed does not hide one of the same name that may be seen", () => {
  const seen = seenWith([], { feed: "lab" });
  assert.equal(seen.market("BTCUSD")?.feed.id, "lab");
});

Deno.test("asking by name for what is hidden is told, asking for what is not there is not", () => {
  const denied: string[] = [];
  const seen = seenWith(denied, { feed: "kraken", symbols: "BTCUSD" });
  assert.equal(seen.market("ETHUSD"), undefined);
  assert.equal(seen.market("NOPE"), undefined);
  assert.ok(seen.market("BTCUSD"));
  assert.deepEqual(denied, ["ETHUSD"]);
});

Deno.test("a feed's own figures are for who sees all of it", () => {
  const some = seenWith([], { feed: "kraken", symbols: "BTC*" });
  const all = seenWith([], { feed: "kraken" });
  const [kraken] = [...some.feeds()];
  assert.ok(kraken);
  assert.deepEqual([some.seesAllOf(kraken), all.seesAllOf(kraken)], [false, true]);
  assert.ok(some.sees(some.market("BTCUSD")!, "trade"));
});

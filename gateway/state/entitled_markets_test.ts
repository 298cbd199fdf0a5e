import assert from "node:assert/strict";
import { openAccess } from "../access/access.ts";
import type { Entitlement } from "../access/account.ts";
import { EntitlementSet } from "../access/entitlement_set.ts";
import { testEntitlement } from "../access/testing/accounts.ts";
import { MarketData } from "./market_data.ts";
import { EntitledMarkets } from "./entitled_markets.ts";

const SPECS = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD" },
  { symbol: "BTCUSD", feed: "lab", external: "BTC" },
  { symbol: "KX1", feed: "kalshi", external: "KX1" },
];

function visibleWith(denied: string[], ...given: Partial<Entitlement>[]): EntitledMarkets {
  const nothing = () => {};
  const data = new MarketData({
    ...{ onRecord: nothing, onFeedRecord: nothing, onMarket: nothing, onBooksLost: nothing },
    onSnapshotWanted: nothing,
  });
  data.add(["kraken", "kalshi", "empty"], SPECS);
  const entitled = new EntitlementSet(
    given.map((each, i) => ({ ...testEntitlement("desk", "*", each), id: i })),
  );
  return new EntitledMarkets(data, {
    ...openAccess("viewer"),
    typesOf: (feed, symbol) => entitled.typesOf(feed, symbol, 0),
    seesFeed: (feed) => entitled.seesFeed(feed, 0),
    auditHidden: (what) => void denied.push(what),
  });
}

function names(visible: EntitledMarkets) {
  return {
    feeds: [...visible.feeds()].map(({ id }) => id),
    markets: [...visible.markets()].map(({ symbol, feed }) => `${feed.id} ${symbol}`),
  };
}

Deno.test("what a caller is not entitled to is in no list", () => {
  assert.deepEqual(names(visibleWith([])), { feeds: [], markets: [] });
  assert.deepEqual(names(visibleWith([], { feed: "kraken", symbols: "BTC*" })), {
    feeds: ["kraken"],
    markets: ["kraken BTCUSD"],
  });
  assert.equal(names(visibleWith([], {})).markets.length, SPECS.length);
});

Deno.test("a market of a hidden feed does not hide one of the same name that may be visible", () => {
  const visible = visibleWith([], { feed: "lab" });
  assert.equal(visible.market("BTCUSD")?.feed.id, "lab");
});

Deno.test("asking by name for what is hidden is told, asking for what is not there is not", () => {
  const denied: string[] = [];
  const visible = visibleWith(denied, { feed: "kraken", symbols: "BTCUSD" });
  assert.equal(visible.market("ETHUSD"), undefined);
  assert.equal(visible.market("NOPE"), undefined);
  assert.ok(visible.market("BTCUSD"));
  assert.deepEqual(denied, ["ETHUSD"]);
});

Deno.test("a feed's own figures are for who sees all of it", () => {
  const some = visibleWith([], { feed: "kraken", symbols: "BTC*" });
  const all = visibleWith([], { feed: "kraken" });
  const [kraken] = [...some.feeds()];
  assert.ok(kraken);
  assert.deepEqual([some.seesAllOf(kraken), all.seesAllOf(kraken)], [false, true]);
  assert.ok(some.seesType(some.market("BTCUSD")!, "trade"));
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Entitlement } from "./account.ts";
import { EntitlementSet } from "./entitlement_set.ts";
import { testEntitlement } from "./testing/accounts.ts";

function entitled(...given: Partial<Entitlement>[]): EntitlementSet {
  return new EntitlementSet(
    given.map((each, i) => ({ ...testEntitlement("accounts", "*", each), id: i })),
  );
}

function names(bits: number): string {
  return EVENT_TYPES.filter((_, i) => bits & (1 << i)).join(" ");
}

Deno.test("nothing is given by default", () => {
  assert.equal(entitled().typesOf("kraken", "BTCUSD", 0), 0);
  assert.equal(entitled().seesFeed("kraken", 0), false);
  assert.equal(entitled({ types: [] }).typesOf("kraken", "BTCUSD", 0), 0);
  assert.equal(entitled({ types: [] }).seesFeed("kraken", 0), false);
});

Deno.test("an entitlement gives its feed, its symbols and its types, with gaps", () => {
  const accounts = entitled({ feed: "kraken", symbols: "BTC*", types: ["trade"] });
  assert.equal(names(accounts.typesOf("kraken", "BTCUSD", 0)), "trade gap");
  assert.equal(accounts.typesOf("kraken", "ETHBTC", 0), 0);
  assert.equal(accounts.typesOf("kalshi", "BTCUSD", 0), 0);
  assert.deepEqual([accounts.seesFeed("kraken", 0), accounts.seesFeed("kalshi", 0)], [true, false]);
});

Deno.test("an exact symbol is no start of others, and a star in the middle is a character", () => {
  const accounts = entitled({ symbols: "BTCUSD" });
  assert.equal(accounts.typesOf("kraken", "BTCUSDT", 0), 0);
  assert.notEqual(accounts.typesOf("kraken", "BTCUSD", 0), 0);
  assert.equal(entitled({ symbols: "B*D" }).typesOf("kraken", "BTCUSD", 0), 0);
});

Deno.test("several add up, and each ends by itself", () => {
  const accounts = entitled(
    { feed: "kraken", types: ["trade"], expiresAtMs: 10 },
    { feed: "kraken", symbols: "BTC*", types: ["ticker"], expiresAtMs: 20 },
  );
  assert.equal(names(accounts.typesOf("kraken", "BTCUSD", 9)), "trade ticker gap");
  assert.equal(names(accounts.typesOf("kraken", "BTCUSD", 10)), "ticker gap");
  assert.equal(accounts.typesOf("kraken", "BTCUSD", 20), 0);
  assert.deepEqual([0, 10, 20].map((at) => accounts.nextExpiryMs(at)), [10, 20, Infinity]);
  assert.equal(accounts.seesFeed("kraken", 20), false);
});

Deno.test("no more is given than some entitlement says, and no less", () => {
  const name = fc.string({ unit: fc.constantFrom("A", "B", "*"), maxLength: 3 });
  const rule = fc.record({
    feed: fc.constantFrom("*", "f", "g"),
    symbols: name,
    types: fc.oneof(fc.constant("*" as const), fc.subarray([...EVENT_TYPES])),
    expiresAtMs: fc.constantFrom(null, 5, 50),
  });
  fc.assert(fc.property(fc.array(rule), name, fc.constantFrom("f", "g"), (rules, symbol, feed) => {
    const bits = entitled(...rules).typesOf(feed, symbol, 10);
    const given = (type: EventType) =>
      rules.some((each) =>
        (each.expiresAtMs ?? 99) > 10 && ["*", feed].includes(each.feed) &&
        (each.types === "*" || each.types.includes(type)) &&
        (each.symbols.endsWith("*")
          ? symbol.slice(0, each.symbols.length - 1) === each.symbols.slice(0, -1)
          : symbol === each.symbols)
      );
    const expected = EVENT_TYPES.filter((type) =>
      given(type) || (type === "gap" && EVENT_TYPES.some(given))
    );
    assert.equal(names(bits), expected.join(" "));
  }));
});

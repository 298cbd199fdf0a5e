import assert from "node:assert/strict";
import type { InstrumentFile } from "@ssmd/metadata";
import { polymarketCatalogue } from "./catalogue.ts";

const [UP, DOWN] = ["7".repeat(77), "10".repeat(38)];
const SLUG = "btc-updown-15m-1790000000";
/** A market as Gamma writes one: lists as texts, pictures and volumes among its terms. */
const MARKET = {
  ...{ id: "123", question: "Bitcoin Up or Down?", conditionId: "0xab", slug: SLUG, closed: false },
  ...{ outcomes: '["Up", "Down"]', outcomePrices: '["0.51", "0.49"]', active: true },
  ...{ clobTokenIds: JSON.stringify([UP, DOWN]), orderPriceMinTickSize: 0.01, orderMinSize: 5 },
  ...{ acceptingOrders: true, volume: "12", image: "https://x", createdAt: "2026-09-01T00:00:00Z" },
  ...{ endDate: "2026-09-21T14:28:20Z", events: [{ slug: SLUG, seriesSlug: "btc-up-or-down" }] },
};
const REQUEST = { feed: "polymarket", known: "2026-11-28T00:00:00Z" };

/** What a catalogue makes of pages; gives the paths that were asked for, too. */
async function instrumentsOf(pages: object[], more: object = {}) {
  const asked: URL[] = [];
  const ask = (path: string) => {
    asked.push(new URL(path, "http://gamma"));
    return Promise.resolve(pages[asked.length - 1] ?? { markets: [] });
  };
  const found = await Array.fromAsync(
    polymarketCatalogue.instruments(ask, { ...REQUEST, ...more }),
  );
  return { found: found.flat(), asked };
}

Deno.test("a market is one instrument, its outcomes are names of their own", async () => {
  const { found } = await instrumentsOf([{ markets: [MARKET, { slug: "no-book" }, 5] }]);
  const [instrument] = found;
  assert.equal(found.length, 1);
  assert.deepEqual([instrument?.id, instrument?.name], [SLUG, "Bitcoin Up or Down?"]);
  assert.deepEqual(
    instrument?.mappings.map(({ external, outcome }) => [external, outcome]),
    [[UP, "Up"], [DOWN, "Down"]],
  );
  const { venue, ...version } = instrument?.versions[0] ?? {};
  assert.deepEqual(version, {
    ...{ effective: "2026-09-01T00:00:00Z", known: REQUEST.known, state: "open", quote: "USDC" },
    ...{ price_grid: [{ from: "0.01", to: "0.99", step: "0.01" }], size_min: "5" },
    ...{ closes: "2026-09-21T14:28:20Z", group: SLUG, series: "btc-updown-15m" },
  });
  assert.equal(venue?.["conditionId"], "0xab");
  assert.ok(!Object.keys(venue ?? {}).some((name) => /volume|image/.test(name)));
});

Deno.test("pages follow by after_cursor with their filters, and a cursor in circles ends it", async () => {
  const pages = [{ markets: [MARKET], next_cursor: "a" }, { markets: [MARKET] }, {
    markets: [{ ...MARKET, closed: true, umaResolutionStatus: "resolved" }],
  }];
  const { asked, found } = await instrumentsOf(pages, { living: new Set([SLUG]) });
  const queries = asked.map(({ searchParams }) => Object.fromEntries(searchParams));
  assert.deepEqual(queries, [
    { limit: "100", closed: "false" },
    { limit: "100", closed: "false", after_cursor: "a" },
    { limit: "100", closed: "true", slug: SLUG },
  ]);
  assert.deepEqual(found.map(({ versions }) => versions[0]?.state), ["open", "open", "settled"]);
  const circle = { markets: [], next_cursor: "a" };
  await assert.rejects(instrumentsOf([circle, circle]), { code: "VENUE_ANSWER_UNREADABLE" });
  await assert.rejects(instrumentsOf([{ error: "x" }]), { code: "VENUE_ANSWER_UNREADABLE" });
  const none = await instrumentsOf([{ markets: [MARKET] }], { series: "other" });
  assert.deepEqual(none.found, []);
});

Deno.test("what is proposed is not final, what is closed is not settled", async () => {
  const states: [object, string, string | undefined][] = [
    [{ active: false }, "listed", undefined],
    [{ acceptingOrders: false }, "halted", undefined],
    [{ umaResolutionStatus: "proposed" }, "determined", undefined],
    [{ umaResolutionStatus: "disputed" }, "disputed", undefined],
    [{ closed: true }, "closed", undefined],
    [
      { closed: true, umaResolutionStatus: "resolved", outcomePrices: '["0", "1"]' },
      "settled",
      "Down",
    ],
  ];
  for (const [change, state, result] of states) {
    const { found } = await instrumentsOf([{ markets: [{ ...MARKET, ...change }] }]);
    const version = found[0]?.versions[0];
    assert.deepEqual([version?.state, version?.result], [state, result]);
  }
});

Deno.test("a new market is known at once, and its end by the tokens that it names", () => {
  const news = (event: object, before?: InstrumentFile, ids: [string, string][] = []) =>
    polymarketCatalogue.news?.(event, before, { ...REQUEST, idsByExternal: new Map(ids) });
  const created = {
    ...{ event_type: "new_market", id: "9", question: "Up?", market: "0xef", slug: SLUG },
    ...{ assets_ids: [UP, DOWN], outcomes: ["Up", "Down"], timestamp: "1790491136945" },
  };
  const first = news(created);
  assert.equal(first?.versions[0]?.state, "open");
  assert.equal(first?.versions[0]?.series, "btc-updown-15m");
  assert.equal(news(created, first), undefined, "it is said many times");
  const resolved = {
    ...{ event_type: "market_resolved", id: "9", market: "0xef", assets_ids: [UP, DOWN] },
    ...{ winning_asset_id: DOWN, winning_outcome: "Down" },
  };
  assert.equal(news(resolved), undefined, "of a market that is not known");
  assert.equal(news(resolved, undefined, [[UP, SLUG]])?.id, SLUG);
  const last = news(resolved, first, [[UP, SLUG]]);
  assert.deepEqual([last?.versions[0]?.state, last?.versions[0]?.result], ["settled", "Down"]);
  assert.deepEqual(last?.mappings, first?.mappings);
  assert.equal(news({ event_type: "book" }), undefined);
});

import { Problem } from "../../http/problem.ts";
import { rawJson } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { MarketData } from "../../state/market_data.ts";
import { marketOf } from "../market_lookup.ts";
import { FEED, SYMBOL } from "../schemas/common.ts";
import { ENRICHED } from "../schemas/market.ts";
import * as examples from "../schemas/market_examples.ts";

/** Route of the newest enriched row of a market. */
export function enrichedRoute({ data }: { data: MarketData }): Route {
  return route({
    path: "/v1/markets/{symbol}/enriched",
    ...{ id: "getEnriched", tag: "Markets" },
    summary: "Shows the enrichers' current values of a market",
    description:
      "The newest row of the stream's type `enriched`, for clients entitled to the market's " +
      "books and trades. Past rows are in the table `enriched` of `/v1/admin/sql` and of " +
      "exports.",
    ...{ params: { symbol: SYMBOL }, examples: { symbol: "BTCUSD" } },
    query: { feed: FEED.optional().describe("Feed, when several feeds have this symbol.") },
    answers: { 200: { schema: ENRICHED, example: examples.ENRICHED } },
    handler: ({ params, query, access }) => {
      const asked = { ...params, feed: query.feed };
      const { market } = marketOf(data, access, { ...asked, type: "orderbook" });
      marketOf(data, access, { ...asked, feed: market.feed.id, type: "trade" });
      if (market.enriched !== undefined) return rawJson(market.enriched.json);
      const hint =
        "Name an enricher under enrich of the environment; ssmd enricher list shows them";
      const detail = `No enricher has told anything of "${market.symbol}"`;
      throw new Problem("NOT_ENRICHED", detail, { status: 404, hint });
    },
  });
}

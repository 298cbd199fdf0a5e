import { z } from "zod";
import { GATEWAY_LIMITS } from "../../limits.ts";
import type { Condition } from "../answer.ts";
import type { Json } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { CURSOR, FEED, limit } from "./arguments.ts";
import { newestMs, notesOf } from "./condition.ts";
import { askPage } from "./paged.ts";

/** Tool that lists markets and their current prices. */
export const LIST_MARKETS = defineTool({
  name: "list_markets",
  role: "viewer",
  description: "Markets with state and prices now.",
  input: {
    search: z.string().optional().describe("part of a name"),
    feed: FEED,
    state: z.enum(["open", "closed", "halted", "settled"]).optional(),
    sort: z.enum(["symbol", "last_price", "volume_24h", "updated"]).optional(),
    order: z.enum(["asc", "desc"]).optional(),
    limit: limit(20),
    cursor: CURSOR,
  },
  run: (args, ask) =>
    askPage(ask, {
      request: { path: "/v1/markets", query: args },
      list: "markets",
      found: (markets, answer) => ({
        data: { markets: markets.map(compact), total: answer["total"] },
        condition: conditionOf(markets),
        newestMs: newestMs(markets, "updated"),
        notes: notesOf(answer),
      }),
    }),
});

/** Omits fields without information; absent = unknown. */
function compact(market: Json): Json {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(market)) {
    const value = market[name];
    if (value === null || value === "unknown" || (name === "book" && value === "live")) continue;
    kept[name] = value;
  }
  return kept;
}

function conditionOf(markets: readonly Json[]): Condition {
  const newest = newestMs(markets, "updated");
  if (newest === null) return "empty";
  if (markets.some(({ gap }) => gap !== null)) return "suspect";
  return Date.now() - newest > GATEWAY_LIMITS.staleAfterMs ? "stale" : "live";
}

import { z } from "zod";
import { type Json, pathOf } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { CURSOR, FEED, FROM, limit, SYMBOL, TO } from "./arguments.ts";
import { newestMs, recordsFound } from "./condition.ts";
import { askPage } from "./paged.ts";

/** Tool for recent and archived trades. */
export const GET_TRADES = defineTool({
  name: "get_trades",
  role: "viewer",
  description: "Trades of a market, newest first, live or archived.",
  input: {
    symbol: SYMBOL,
    feed: FEED,
    from: FROM,
    to: TO,
    order: z.enum(["asc", "desc"]).optional(),
    limit: limit(40),
    cursor: CURSOR,
  },
  run: ({ symbol, ...query }, ask) =>
    askPage(ask, {
      request: { path: pathOf("/v1/markets", symbol, "/trades"), query },
      list: "trades",
      found: (trades, answer) => ({
        ...recordsFound(answer, {
          count: trades.length,
          records: { trades: trades.map(withoutMarket) },
        }),
        newestMs: newestMs(trades, "recv_ts"),
      }),
    }),
});

/** Omits fields of a record that the answer already contains. */
export function withoutMarket({ type: _, symbol: __, feed: ___, ...rest }: Json): Json {
  return rest;
}

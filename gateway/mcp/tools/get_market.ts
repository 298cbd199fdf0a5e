import type { Condition } from "../answer.ts";
import { type Json, pathOf } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { FEED, SYMBOL } from "./arguments.ts";
import { notesOf } from "./condition.ts";

/** Tool for the figures of one market. */
export const GET_MARKET = defineTool({
  name: "get_market",
  role: "viewer",
  description: "One market: price, book, contract, data quality.",
  input: { symbol: SYMBOL, feed: FEED },
  run: async ({ symbol, feed }, ask) => {
    const answer = await ask({ path: pathOf("/v1/markets", symbol), query: { feed } });
    const { _links: _, _hints: __, as_of: ___, ...data } = answer;
    const { state, age_ms: ageMs } = answer["quality"] as Json;
    return {
      data,
      condition: state as Condition,
      newestMs: typeof ageMs === "number" ? Date.now() - ageMs : null,
      // Hints that name REST paths do not apply to tools.
      notes: notesOf(answer).filter((note) => !note.includes("/v1/") && !note.includes("_links")),
    };
  },
});

import { z } from "zod";
import { fittingCount, type Found } from "../answer.ts";
import { type Json, listIn, pathOf } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { FEED, SYMBOL } from "./arguments.ts";

const DEPTH_MAX = 500;

/** The book now. */
export const GET_ORDERBOOK = defineTool({
  name: "get_orderbook",
  description: "Order book now: [price, size] levels, best first.",
  input: { symbol: SYMBOL, feed: FEED, depth: z.int().min(1).max(DEPTH_MAX).default(10) },
  run: async ({ symbol, ...query }, ask) => {
    const answer = await ask({ path: pathOf("/v1/markets", symbol, "/orderbook"), query });
    const depths = Array.from({ length: query.depth }, (_, i) => i);
    const found = (kept: readonly number[]) => bookFound(answer, kept.length, query.depth);
    return found(depths.slice(0, fittingCount(depths, found)));
  },
});

function bookFound(answer: Json, depth: number, requestedDepth: number): Found {
  const { state, recv_ts: received, suspect_since: suspect, ...rest } = answer;
  const [bids, asks] = [listIn(answer, "bids"), listIn(answer, "asks")];
  const isCut = depth < Math.min(requestedDepth, Math.max(bids.length, asks.length));
  return {
    data: {
      ...rest,
      ...{ state, bids: bids.slice(0, depth), asks: asks.slice(0, depth), recv_ts: received },
    },
    condition: state === "ended"
      ? "ended"
      : state === "live" && suspect === null
      ? "live"
      : "suspect",
    newestMs: typeof received === "number" && received > 0 ? received : null,
    ...(state === "pending"
      ? { notes: ["The book is not known now: it waits for a snapshot of the exchange."] }
      : {}),
    ...(isCut ? { truncated: true } : {}),
  };
}

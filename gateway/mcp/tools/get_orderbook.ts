import { nowUs } from "@ssmd/runtime";
import { z } from "zod";
import { fitting, type Found } from "../answer.ts";
import { type AskRoute, type Json, listIn, pathOf } from "../../http/ask.ts";
import { Problem } from "../../http/problem.ts";
import { usOfTime } from "../../http/time_text.ts";
import { defineTool } from "../tool.ts";
import { FEED, SYMBOL } from "./arguments.ts";

const DEPTH_MAX = 500;

/** Sampling intervals and look-back spans (ms) in which to find the last change before a time. */
const LOOKS = [["1s", 60_000], ["1m", 3_600_000], ["1h", 86_400_000 - 1]] as const;

/** Tool for the current or a past order book. */
export const GET_ORDERBOOK = defineTool({
  name: "get_orderbook",
  role: "viewer",
  description: "Order book now, or at a past second: [price, size] levels, best first.",
  input: {
    ...{ symbol: SYMBOL, feed: FEED, depth: z.int().min(1).max(DEPTH_MAX).default(10) },
    at: z.string().optional().describe("ISO 8601"),
  },
  run: async ({ symbol, at, ...query }, ask) => {
    const depths = Array.from({ length: query.depth }, (_, i) => i);
    const found = at === undefined
      ? await bookNow(ask, symbol, query)
      : await bookAt(ask, symbol, { ...query, at });
    return fitting(depths, found).answer;
  },
});

/** Builds an answer with the kept number of levels. */
type Fitted = (kept: readonly number[]) => Found;

type BookQuery = { feed?: string | undefined; depth: number };

async function bookNow(ask: AskRoute, symbol: string, query: BookQuery): Promise<Fitted> {
  const answer = await ask({ path: pathOf("/v1/markets", symbol, "/orderbook"), query });
  return (kept) => bookFound(answer, kept.length, query.depth);
}

/** Returns the last row before a time: searches the last minute, then longer spans. */
async function bookAt(
  ask: AskRoute,
  symbol: string,
  { at, ...query }: BookQuery & { at: string },
): Promise<Fitted> {
  const atUs = usOfTime(at);
  if (atUs === undefined) {
    const hint = "a time like 2026-11-28T14:30:00Z";
    throw new Problem("INVALID_ARGUMENT", `The time "${at}" cannot be read`, { status: 400, hint });
  }
  if (atUs > nowUs()) {
    const hint = "leave out at for the book now";
    throw new Problem("INVALID_ARGUMENT", `The time "${at}" is still to come`, {
      ...{ status: 400, hint },
    });
  }
  const atMs = Math.floor(atUs / 1000);
  let answer: Json = {};
  for (const [every, spanMs] of LOOKS) {
    const span = { every, from: atMs - spanMs, to: atMs + 1, limit: 100 };
    answer = await ask({
      path: pathOf("/v1/markets", symbol, "/book"),
      query: { ...query, ...span },
    });
    const row = listIn(answer, "book").at(-1);
    if (row !== undefined) return (kept) => pastFound(answer, row, kept.length);
  }
  return () => pastFound(answer, undefined, 0);
}

function noteOf(row: Json | undefined, levels: number): string {
  if (row === undefined) return "Nothing is known of this book in the day before.";
  return row["gap"] === true && levels === 0
    ? "From time on the book is not known: records are missing, or on their way into the archive. " +
      "In the latter case ask again in two minutes."
    : "Everything received by time is in it; nothing changed up to the second asked for.";
}

function pastFound(answer: Json, row: Json | undefined, depth: number): Found {
  const [bids, asks] = [listIn(row ?? {}, "bids"), listIn(row ?? {}, "asks")];
  return {
    data: {
      ...{ symbol: answer["symbol"], feed: answer["feed"], time: row?.["time"] ?? null },
      ...{ bids: bids.slice(0, depth), asks: asks.slice(0, depth) },
    },
    condition: row === undefined ? "empty" : row["gap"] === true ? "gaps" : "complete",
    notes: [noteOf(row, bids.length + asks.length)],
    ...(depth < Math.max(bids.length, asks.length) ? { truncated: true } : {}),
  };
}

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

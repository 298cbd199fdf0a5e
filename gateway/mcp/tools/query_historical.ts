import { z } from "zod";
import { cursorOf, valueOfCursor } from "../../http/cursor.ts";
import { fitting, type Found } from "../answer.ts";
import { type AskRoute, type Json, listIn, pathOf } from "../../http/ask.ts";
import { defineTool } from "../tool.ts";
import { CURSOR, FEED, FROM, limit, SYMBOL, TO } from "./arguments.ts";
import { newestMs, notesOf, recordsFound } from "./condition.ts";
import { withoutMarket } from "./get_trades.ts";
import { askPage } from "./paged.ts";

const NOT_ARCHIVED =
  "No day of this span is archived: where there are no records, no gaps are known.";
const INTERVALS = ["1s", "5s", "1m", "5m", "15m", "1h", "4h", "1d"] as const;
/** Start and end of the rest of a span of candles, ms. */
const CANDLE_CURSOR = z.tuple([z.number(), z.number()]);

const INPUT = {
  symbol: SYMBOL,
  kind: z.enum(["candles", "tickers", "gaps"]),
  feed: FEED,
  from: FROM,
  to: TO,
  interval: z.enum(INTERVALS).default("1m").describe("of candles"),
  limit: limit(40),
  cursor: CURSOR,
};

type Args = z.output<z.ZodObject<typeof INPUT>>;

/** Tool for candles, tickers and gaps of a span. */
export const QUERY_HISTORICAL = defineTool({
  name: "query_historical",
  role: "viewer",
  description: "Candles, tickers or gaps of a market over a time span.",
  input: INPUT,
  run: (args, ask) =>
    args.kind === "candles"
      ? candles(ask, args)
      : args.kind === "tickers"
      ? tickers(ask, args)
      : gaps(ask, args),
});

function tickers(ask: AskRoute, { symbol, kind: _, interval: __, ...query }: Args): Promise<Found> {
  return askPage(ask, {
    request: { path: pathOf("/v1/markets", symbol, "/tickers"), query },
    list: "tickers",
    found: (records, answer) => ({
      ...recordsFound(answer, {
        count: records.length,
        records: { tickers: records.map(withoutMarket) },
      }),
      newestMs: newestMs(records, "recv_ts"),
    }),
  });
}

async function gaps(ask: AskRoute, { kind: _, interval: __, ...query }: Args): Promise<Found> {
  const found = await askPage(ask, {
    request: { path: "/v1/gaps", query },
    list: "gaps",
    found: (records, answer) => ({
      data: { from: answer["from"], to: answer["to"], gaps: records },
      condition: records.length === 0 ? "complete" : "gaps",
      notes: notesOf(answer),
    }),
  });
  if (found.condition !== "complete") return found;
  const { feed, from, to } = query;
  const inventory = await ask({ path: "/v1/meta/inventory", query: { feed, from, to } });
  if (listIn(inventory, "days").length > 0) return found;
  return { ...found, condition: "empty", notes: [NOT_ARCHIVED] };
}

/** The route has no cursor for candles: the rest of the span is one. */
async function candles(ask: AskRoute, args: Args): Promise<Found> {
  const { symbol, kind: _, cursor, from, to, ...query } = args;
  const position = cursor === undefined ? undefined : valueOfCursor(cursor, CANDLE_CURSOR);
  const span = position === undefined ? { from, to } : { from: position[0], to: position[1] };
  const answer = await ask({
    path: pathOf("/v1/markets", symbol, "/candles"),
    query: { ...query, ...span },
  });
  const all = listIn(answer, "candles").slice(0, args.limit);
  const found = (kept: readonly Json[]) => candlesFound(answer, kept);
  return fitting(all, found).answer;
}

function candlesFound(answer: Json, kept: readonly Json[]): Found {
  const rest = listIn(answer, "candles")[kept.length]?.["start"] ?? answer["next_from"];
  return {
    ...recordsFound(answer, {
      count: kept.length,
      records: { interval: answer["interval"], candles: kept.map(compactCandle) },
    }),
    newestMs: newestMs(kept, "start"),
    ...(rest === undefined ? {} : { nextCursor: cursorOf([rest, answer["to"]]) }),
  };
}

/** Omits fields of a candle that have their usual value. */
function compactCandle({ complete, gap, buy_volume: _, ...rest }: Json): Json {
  return { ...rest, ...(complete ? {} : { complete }), ...(gap ? { gap } : {}) };
}

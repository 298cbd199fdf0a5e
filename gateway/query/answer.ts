import { nowUs } from "@ssmd/runtime";
import { type AskRoute, type Json, listIn } from "../http/ask.ts";
import { Problem } from "../http/problem.ts";
import { expiryMs, namedMarket } from "./market_phrase.ts";
import { type Plan, planOf } from "./plan.ts";

/** Examples of questions that are understood. */
const EXAMPLES = [
  "price of BTC",
  "gaps of BTCUSD today",
  "which markets are open",
] as const;
/** Maximum number of markets that questions may name. */
const MARKETS_MAX = 5_000;

/** Answer to a question in words. */
interface Answered {
  understood: boolean;
  /** Interpretation, or why the question was not understood. */
  interpretation: string;
  /** The structured query; null = not understood. */
  query: { method: "GET"; path: string; query: Readonly<Record<string, string | number>> } | null;
  results: Json | null;
  /** Suggested next questions, or examples that are understood. */
  suggestions: string[];
}

/** Answers a question within its caller's access. Throws Problem when the data cannot be read. */
export async function answerQuestion(text: string, ask: AskRoute): Promise<Answered> {
  const [names, feeds] = await Promise.all([
    ask({ path: "/v1/symbols", query: { limit: MARKETS_MAX } }),
    ask({ path: "/v1/feeds" }),
  ]);
  const plan = planOf(text, {
    markets: listIn(names, "symbols").map(namedMarket),
    feeds: listIn(feeds, "feeds").map(({ feed }) => String(feed)),
    nowUs: nowUs(),
  });
  if ("why" in plan) return notUnderstood(plan.why);
  const { path, interpretation } = plan;
  const query = { ...plan.query, ...feedOf(plan) };
  try {
    const answer = await ask({ path, query });
    return {
      ...{ understood: true, interpretation, query: { method: "GET", path, query } },
      ...{ results: await resultsOf(plan, answer, ask), suggestions: suggestionsOf(plan) },
    };
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return notUnderstood(error.message);
    throw error;
  }
}

function notUnderstood(why: string): Answered {
  return {
    ...{ understood: false, interpretation: `Not understood: ${why}.` },
    ...{ query: null, results: null, suggestions: [...EXAMPLES] },
  };
}

function feedOf({ market, path }: Plan): Record<string, string> {
  return market !== undefined && path.startsWith("/v1/markets/") ? { feed: market.feed } : {};
}

/** Returns the part of a route's answer that answers the question. */
async function resultsOf(plan: Plan, answer: Json, ask: AskRoute): Promise<Json> {
  switch (plan.intent) {
    case "markets":
      return marketResults(plan, answer, ask);
    case "price":
      return plan.when === undefined
        ? { price: answer["price"], quality: (answer["quality"] as Json)["state"] }
        : { trade: listIn(answer, "trades")[0] ?? null, gaps: answer["gaps"] };
    case "spread":
      return spreadResults(plan, answer);
    case "volume":
      return plan.path.endsWith("/candles") ? sumOf(answer) : { volume_24h: answer["volume_24h"] };
    case "range":
      return rangeOf(answer);
    case "result":
      return { state: answer["state"], result: answer["result"] };
    case "status":
      return { ...answer, ready: (await ask({ path: "/health/ready" }))["ready"] };
    default:
      return withoutHints(answer);
  }
}

function withoutHints({ _hints: _, _links: __, ...rest }: Json): Json {
  return rest;
}

/** Filters all markets by expiry, which the list route cannot do. */
async function marketResults({ expires, query }: Plan, answer: Json, ask: AskRoute): Promise<Json> {
  if (expires === undefined) return withoutHints(answer);
  const { limit, ...filters } = query;
  const all = await ask({ path: "/v1/markets", query: { ...filters, limit: MARKETS_MAX } });
  const markets = listIn(all, "markets").filter(({ symbol, external }) => {
    const atMs = expiryMs(String(external ?? symbol)) ?? expiryMs(String(symbol));
    return atMs !== undefined && atMs * 1000 >= expires.fromUs && atMs * 1000 < expires.toUs;
  });
  return { markets: markets.slice(0, Number(limit)), total: markets.length };
}

function spreadResults({ when }: Plan, answer: Json): Json {
  if (when === undefined) {
    const { spread, spread_bps, bid, ask } = answer["price"] as Json;
    return { spread, spread_bps, bid, ask, quality: (answer["quality"] as Json)["state"] };
  }
  const ticker = listIn(answer, "tickers")[0];
  const [bid, ask] = [
    ticker?.["bid_price"] ?? ticker?.["bid"],
    ticker?.["ask_price"] ?? ticker?.["ask"],
  ];
  const spread = typeof bid === "number" && typeof ask === "number"
    ? Number((ask - bid).toPrecision(12))
    : null;
  return { spread, ticker: ticker ?? null, gaps: answer["gaps"] };
}

function sumOf(answer: Json): Json {
  const candles = listIn(answer, "candles");
  const sum = (field: string) => candles.reduce((all, candle) => all + Number(candle[field]), 0);
  return {
    ...{ volume: Number(sum("volume").toPrecision(12)), trades: sum("trades") },
    ...{ gaps: answer["gaps"], complete: answer["next_from"] === undefined },
  };
}

function rangeOf(answer: Json): Json {
  const candles = listIn(answer, "candles");
  const values = (field: string) => candles.map((candle) => Number(candle[field]));
  const isEmpty = candles.length === 0;
  return {
    open: candles[0]?.["open"] ?? null,
    high: isEmpty ? null : Math.max(...values("high")),
    low: isEmpty ? null : Math.min(...values("low")),
    close: candles.at(-1)?.["close"] ?? null,
    ...{ gaps: answer["gaps"], complete: answer["next_from"] === undefined },
  };
}

function suggestionsOf({ market, intent }: Plan): string[] {
  const name = market?.symbol ?? "BTCUSD";
  const all = [
    ...(intent === "price" ? [`spread of ${name}`] : [`price of ${name}`]),
    ...(intent === "candles" ? [] : [`hourly candles of ${name} yesterday`]),
    ...(intent === "gaps" ? [] : [`gaps of ${name} today`]),
  ];
  return all.slice(0, 3);
}

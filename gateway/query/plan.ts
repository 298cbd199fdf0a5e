import { isoOfUs } from "@ssmd/runtime";
import type { Asked, Intent } from "./intents.ts";
import { type MarketMatch, type NamedMarket, readMarket } from "./market_phrase.ts";
import { readIntent } from "./intents.ts";
import { readWhen, type When } from "./time_phrase.ts";
import { shorten } from "../http/problem.ts";
import { Words } from "./words.ts";

/** Structured query of a question. */
export interface Plan {
  intent: Intent;
  /** Path and parameters of the route that answers it. */
  path: string;
  query: Readonly<Record<string, string | number>>;
  /** Interpretation of the question as a sentence. */
  interpretation: string;
  market?: NamedMarket;
  when?: When;
  /** Filter of `markets`: only those that expire in this span. */
  expires?: { fromUs: number; toUs: number };
}

/** Reason why a question was not understood. */
interface NotUnderstood {
  why: string;
}

/** Names that questions may use. */
interface Known {
  markets: readonly NamedMarket[];
  feeds: readonly string[];
  nowUs: number;
}

const INTERVALS = [
  { name: "1s", word: /^(second|secondly|1s)$/, us: 1e6 },
  { name: "1m", word: /^(minutely|1m|1min)$/, us: 60e6 },
  { name: "5m", word: /^(5m|5min)$/, us: 300e6 },
  { name: "15m", word: /^(15m|15min)$/, us: 900e6 },
  { name: "1h", word: /^(hourly|1h)$/, us: 3_600e6 },
  { name: "4h", word: /^4h$/, us: 14_400e6 },
  { name: "1d", word: /^(daily|1d)$/, us: 86_400e6 },
] as const;
/** Maximum number of candles in one answer. */
const CANDLES_MAX = 1_500;
const COUNT_MAX = 500;
const NEEDS_MARKET: readonly Intent[] = [
  ...["price", "spread", "volume", "trades", "orderbook", "candles", "range", "result"] as const,
];

/** Parses a question; it is not understood unless every word is used. */
export function planOf(text: string, known: Known): Plan | NotUnderstood {
  const words = new Words(text);
  const market = readMarket(words, known.markets);
  const feed = readFeed(words, known.feeds);
  const interval = INTERVALS.find(({ word }) => words.takeAll(word))?.name;
  const when = readWhen(words, known.nowUs);
  const intent = readIntent(words);
  const count = readCount(words);
  const unread = words.unread();
  if (unread.length > 0) {
    const shown = unread.map(({ text }) => text).join(" ");
    return { why: `these words are not understood: "${shorten(shown)}"` };
  }
  if (intent === undefined) return { why: "what is asked is not understood" };
  return planned({ intent, market, feed, interval, when, count, nowUs: known.nowUs });
}

interface Parts {
  intent: Asked;
  market: MarketMatch | undefined;
  feed: string | undefined;
  interval: string | undefined;
  when: When | undefined;
  count: number | undefined;
  nowUs: number;
}

function planned(parts: Parts): Plan | NotUnderstood {
  const { intent: { intent }, market, feed, interval } = parts;
  if (interval !== undefined && intent !== "candles") {
    return { why: "only candles have an interval" };
  }
  const candidates = market?.markets.filter((each) => feed === undefined || each.feed === feed) ??
    [];
  if (candidates.length > 1 && intent !== "markets") {
    const names = candidates.slice(0, 5).map(({ symbol }) => symbol).join(", ");
    return { why: `"${market?.called}" may be ${names}: name one` };
  }
  const [one] = candidates;
  if (one === undefined && NEEDS_MARKET.includes(intent)) return { why: "no market is named" };
  switch (intent) {
    case "markets":
      return marketsPlan(parts);
    case "gaps":
      return gapsPlan(parts, one);
    case "coverage":
      return coveragePlan(parts, one);
    case "status":
      return one === undefined && parts.when === undefined && parts.count === undefined
        ? { intent, path: "/v1/feeds", query: {}, interpretation: statusText(feed) }
        : { why: "the status is that of the system now" };
    default:
      return one === undefined ? { why: "no market is named" } : marketPlan(parts, intent, one);
  }
}

function statusText(feed: string | undefined): string {
  return feed === undefined ? "How feeds and services are now" : `How the feed ${feed} is now`;
}

/** Plans a question about one market. */
function marketPlan(parts: Parts, intent: Intent, market: NamedMarket): Plan | NotUnderstood {
  const { when, count, nowUs } = parts;
  const path = `/v1/markets/${encodeURIComponent(market.symbol)}`;
  const base = { intent, market, ...(when === undefined ? {} : { when }) };
  if (count !== undefined && !["trades", "orderbook", "candles"].includes(intent)) {
    return { why: "a number says nothing here" };
  }
  const tooLate = when?.kind === "moment" && when.atUs > nowUs;
  if (tooLate || when?.kind === "span" && when.fromUs > nowUs) {
    return { why: "that time is still to come" };
  }
  switch (intent) {
    case "price":
      return priceOrSpread(base, { path, at: "trades", noun: "price" });
    case "spread":
      return priceOrSpread(base, { path, at: "tickers", noun: "spread" });
    case "orderbook":
      return when === undefined
        ? {
          ...{ ...base, path: `${path}/orderbook`, query: { depth: count ?? 10 } },
          interpretation: `The order book of ${market.symbol} now, ${count ?? 10} levels a side`,
        }
        : { why: "books of the past are not answered" };
    case "trades":
      return when?.kind === "moment" ? { why: "name a span of time, or none" } : {
        ...{ ...base, path: `${path}/trades`, query: { ...spanQuery(when), limit: count ?? 20 } },
        interpretation: `The newest ${count ?? 20} trades of ${market.symbol}${spanText(when)}`,
      };
    case "result":
      return when === undefined
        ? { ...base, path, query: {}, interpretation: `How ${market.symbol} ended` }
        : { why: "a result has no time" };
    default:
      return candlePlan(parts, base, { path, market });
  }
}

type Base = Pick<Plan, "intent" | "when"> & { market: NamedMarket };

function priceOrSpread(
  base: Base,
  { path, at, noun }: { path: string; at: string; noun: string },
): Plan | NotUnderstood {
  const { market, when } = base;
  if (when === undefined) {
    return { ...base, path, query: {}, interpretation: `The ${noun} of ${market.symbol} now` };
  }
  if (when.kind === "span") {
    return { why: `a ${noun} is of a moment: ask for candles, or name a time` };
  }
  const to = isoOfUs(when.atUs + 1);
  return {
    ...{ ...base, path: `${path}/${at}`, query: { to, limit: 1 } },
    interpretation: `The ${noun} of ${market.symbol} at ${isoOfUs(when.atUs)}`,
  };
}

/** Plans volume, range and candles, all derived from candles. */
function candlePlan(
  { interval, count, nowUs }: Parts,
  base: Base,
  { path, market }: { path: string; market: NamedMarket },
): Plan | NotUnderstood {
  const { when, intent } = base;
  if (when?.kind === "moment") return { why: "name a span of time" };
  if (when === undefined && intent === "volume") {
    const interpretation =
      `The volume of ${market.symbol} in the last 24 hours, as the exchange says`;
    return { ...base, path, query: {}, interpretation };
  }
  const span = when ?? { kind: "span" as const, fromUs: nowUs - 86_400e6, toUs: nowUs };
  const length = span.toUs - span.fromUs;
  const fine = INTERVALS.find(({ us }) => us >= 60e6 && length / us <= CANDLES_MAX);
  const name = interval ?? fine?.name ?? "1d";
  if (count !== undefined) {
    const query = { interval: name, limit: count };
    const interpretation = `The last ${count} candles of ${name} of ${market.symbol}`;
    return when === undefined
      ? { ...base, path: `${path}/candles`, query, interpretation }
      : { why: "give a span or a number of candles, not both" };
  }
  const noun = intent === "candles"
    ? `Candles of ${name}`
    : intent === "volume"
    ? "Volume"
    : "Range";
  return {
    ...{ ...base, when: span, path: `${path}/candles` },
    query: { interval: name, ...spanQuery(span), clock: "received" },
    interpretation: `${noun} of ${market.symbol}${spanText(span)}`,
  };
}

function marketsPlan(
  { intent: { kinds }, market, feed, when, count }: Parts,
): Plan | NotUnderstood {
  if (kinds.has("trade") && !kinds.has("most")) {
    return { why: "what is asked of the markets is not understood" };
  }
  const isExpiry = kinds.has("expiry");
  if ((when !== undefined) !== isExpiry) {
    return { why: isExpiry ? "until when is not said" : "markets are listed as they are now" };
  }
  if (when?.kind === "moment") return { why: "name a day" };
  const isSorted = kinds.has("most") || kinds.has("least");
  const isRanked = kinds.has("volume") || kinds.has("trade") || kinds.has("price");
  if (isRanked !== isSorted && !(kinds.has("most") && !isRanked)) {
    return { why: "say most or least" };
  }
  const query: Record<string, string | number> = { limit: count ?? 20 };
  if (market !== undefined) query["search"] = searchOf(market);
  if (feed !== undefined) query["feed"] = feed;
  const state = ["open", "closed", "halted"].find((each) => kinds.has(each)) ??
    (kinds.has("result") ? "settled" : undefined);
  if (state !== undefined) query["state"] = state;
  const type = ["spot", "prediction"].find((each) => kinds.has(each));
  if (type !== undefined) query["type"] = type;
  if (isSorted) {
    query["sort"] = kinds.has("price") ? "last_price" : "volume_24h";
    query["order"] = kinds.has("least") ? "asc" : "desc";
  }
  const plan: Plan = { intent: "markets", path: "/v1/markets", query, interpretation: "" };
  const expires = when === undefined ? {} : { expires: { fromUs: when.fromUs, toUs: endOf(when) } };
  return { ...plan, ...expires, interpretation: marketsText(query, when) };
}

/** Returns the end of a span; for a named day its midnight, even if that is still to come. */
function endOf({ fromUs, toUs }: { fromUs: number; toUs: number }): number {
  const dayUs = 86_400e6;
  return toUs - fromUs < dayUs && fromUs % dayUs === 0 ? fromUs + dayUs : toUs;
}

function searchOf({ called, markets }: MarketMatch): string {
  const [first] = markets;
  return markets.length === 1 && first !== undefined ? first.symbol : called;
}

function marketsText(
  query: Readonly<Record<string, string | number>>,
  when: When | undefined,
): string {
  const { state, type, search, feed, sort, order, limit } = query;
  const words = [
    ...[state, type].filter((word) => word !== undefined),
    "markets",
    ...(search === undefined ? [] : [`named ${search}`]),
    ...(feed === undefined ? [] : [`of ${feed}`]),
    ...(sort === undefined
      ? []
      : [`by ${sort}, ${order === "desc" ? "largest" : "smallest"} first`]),
  ];
  return `Up to ${limit} ${words.join(" ")}${
    when === undefined ? "" : ` that end${spanText(when)}`
  }`;
}

function gapsPlan(
  { feed, when, count }: Parts,
  market: NamedMarket | undefined,
): Plan | NotUnderstood {
  if (when?.kind === "moment" || count !== undefined) return { why: "name a span of time" };
  const of = market?.symbol ?? feed ?? "all feeds";
  return {
    ...{ intent: "gaps", path: "/v1/gaps", interpretation: `Gaps of ${of}${spanText(when)}` },
    query: {
      ...(market === undefined ? {} : { symbol: market.symbol }),
      ...(feed === undefined && market === undefined ? {} : { feed: feed ?? market?.feed ?? "" }),
      ...spanQuery(when),
    },
    ...(market === undefined ? {} : { market }),
    ...(when === undefined ? {} : { when }),
  };
}

function coveragePlan({ feed, when, count }: Parts, market: NamedMarket | undefined) {
  if (when?.kind === "moment" || count !== undefined) return { why: "name days" };
  const of = feed ?? market?.feed;
  return {
    ...{ intent: "coverage" as const, path: "/v1/meta/inventory" },
    query: { ...(of === undefined ? {} : { feed: of }), ...spanQuery(when) },
    interpretation: `What the archive holds of ${of ?? "all feeds"}${spanText(when)}` +
      (market === undefined ? "" : `, the feed of ${market.symbol}`),
    ...(market === undefined ? {} : { market }),
    ...(when === undefined ? {} : { when }),
  };
}

function spanQuery(when: When | undefined): Record<string, string> {
  return when?.kind === "span" ? { from: isoOfUs(when.fromUs), to: isoOfUs(when.toUs) } : {};
}

function spanText(when: When | undefined): string {
  return when?.kind === "span" ? ` from ${isoOfUs(when.fromUs)} to ${isoOfUs(when.toUs)}` : "";
}

function readFeed(words: Words, feeds: readonly string[]): string | undefined {
  return feeds.find((feed) => {
    const name = new RegExp(`^${RegExp.escape(feed.toLowerCase())}$`);
    return (words.take(/^from$/, name) ?? words.take(name)) !== undefined;
  });
}

function readCount(words: Words): number | undefined {
  const number = words.take(/^\d{1,3}$/)?.[0];
  return number === undefined ? undefined : Math.min(COUNT_MAX, Math.max(1, Number(number)));
}

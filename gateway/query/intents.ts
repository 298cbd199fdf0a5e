import type { Words } from "./words.ts";

/** Intent of a question. */
export type Intent =
  | "markets"
  | "price"
  | "spread"
  | "volume"
  | "gaps"
  | "coverage"
  | "trades"
  | "orderbook"
  | "candles"
  | "range"
  | "status"
  | "result";

/** Kinds of words that determine the intent. */
const KINDS: Readonly<Record<string, RegExp>> = {
  gap: /^(gaps?|holes?|outages?|interruptions?|disconnects?|missing|lost|missed)$/,
  spread: /^spreads?$/,
  volume: /^(volumes?|turnover|traded)$/,
  trade: /^(trades?|transactions?|fills?|prints?)$/,
  book: /^(orderbooks?|books?|depth|ladder)$/,
  quote: /^(bids?|asks?|quotes?|offers?)$/,
  candle: /^(candles?|candlesticks?|ohlcv?|bars|klines?)$/,
  range: /^(highs?|lows?|highest|lowest|range|vwap|peak)$/,
  price: /^(prices?|priced|cost|costs|worth|trading|mid|rate)$/,
  market: /^(markets?|symbols?|instruments?|contracts?|pairs?|tickers?)$/,
  coverage: /^(coverage|archived?|archives|inventory|stored|history|covered|recorded|recordings?)$/,
  data: /^(data|records?|days?)$/,
  status: /^(status|working|running|connected|healthy|health|online|ok|okay|alive)$/,
  feed: /^(feeds?|connections?|exchanges?|system|services?|everything)$/,
  result: /^(result|results|outcome|resolved|resolve|settled|settle)$/,
  expiry: /^(expir(e|es|ing|y)|clos(e|es|ing)|end|ends|ending)$/,
  recent: /^(last|latest|recent|newest|previous|past)$/,
  most: /^(most|top|biggest|largest|greatest|busiest|active)$/,
  least: /^(least|smallest|cheapest)$/,
  list: /^(list|all|any|some)$/,
  count: /^(count|number)$/,
  open: /^open$/,
  closed: /^closed$/,
  halted: /^halted$/,
  spot: /^(spot|crypto|cryptocurrenc(y|ies)|coins?)$/,
  prediction: /^(predictions?|events?|binary)$/,
  level: /^levels?$/,
};

/** A rule: required kinds, and kinds allowed beside them. */
interface Rule {
  intent: Intent;
  needs: readonly string[];
  allows?: readonly string[];
}

/** The first rule applies whose needs are met and that allows all other kinds. */
const RULES: readonly Rule[] = [
  { intent: "gaps", needs: ["gap"], allows: ["data", "trade", "feed", "list", "count"] },
  { intent: "spread", needs: ["spread"], allows: ["price", "quote", "recent"] },
  {
    intent: "markets",
    needs: ["market"],
    allows: [
      ...[
        "list",
        "count",
        "open",
        "closed",
        "halted",
        "spot",
        "prediction",
        "expiry",
        "most",
        "least",
      ],
      ...["volume", "trade", "result", "price"],
    ],
  },
  { intent: "volume", needs: ["volume"], allows: ["trade"] },
  { intent: "volume", needs: ["count", "trade"] },
  { intent: "orderbook", needs: ["book"], allows: ["quote", "level", "most"] },
  { intent: "candles", needs: ["candle"], allows: ["price", "recent"] },
  { intent: "range", needs: ["range"], allows: ["price", "trade", "recent"] },
  { intent: "result", needs: ["result"], allows: [] },
  { intent: "trades", needs: ["trade"], allows: ["recent", "list"] },
  { intent: "coverage", needs: ["coverage"], allows: ["data", "list", "count", "feed"] },
  { intent: "coverage", needs: ["data"], allows: ["list", "count"] },
  { intent: "price", needs: ["price"], allows: ["quote", "recent"] },
  { intent: "price", needs: ["quote"], allows: ["recent"] },
  { intent: "status", needs: ["status"], allows: ["feed"] },
];

/** An intent and the kinds of words found. */
export interface Asked {
  intent: Intent;
  kinds: ReadonlySet<string>;
}

/** Determines the intent; undefined = no rule applies. */
export function readIntent(words: Words): Asked | undefined {
  // `order book` in two words; "order" alone would mean placing one.
  const isBook = words.take(/^order$/, /^books?$/) !== undefined;
  const kinds = new Set(isBook ? ["book"] : []);
  if (words.take(/^how$/, /^many$/) !== undefined) kinds.add("count");
  const asksHowMuch = words.take(/^how$/, /^(much|is|are)$/) !== undefined;
  for (const [kind, pattern] of Object.entries(KINDS)) if (words.takeAll(pattern)) kinds.add(kind);
  if (asksHowMuch && kinds.size === 0) kinds.add("price");
  const rule = RULES.find(({ needs, allows = [] }) =>
    needs.every((kind) => kinds.has(kind)) &&
    [...kinds].every((kind) => needs.includes(kind) || allows.includes(kind))
  );
  return rule && { intent: rule.intent, kinds };
}

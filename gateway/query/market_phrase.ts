import type { Json } from "../http/ask.ts";
import type { Words } from "./words.ts";

/** Currencies by their names in words. */
const CURRENCIES: Readonly<Record<string, string>> = {
  bitcoin: "btc",
  xbt: "btc",
  ether: "eth",
  ethereum: "eth",
  solana: "sol",
  dogecoin: "doge",
  ripple: "xrp",
  litecoin: "ltc",
  cardano: "ada",
};

/** A market with the names a question may use. */
export interface NamedMarket {
  symbol: string;
  feed: string;
  external: string;
  type: string | null;
}

/** The name in a question and the markets it may mean. */
export interface MarketMatch {
  called: string;
  markets: readonly NamedMarket[];
}

/** Converts a market of an answer of `/v1/symbols`. */
export function namedMarket({ symbol, feed, external, type }: Json): NamedMarket {
  return {
    symbol: String(symbol),
    feed: String(feed),
    external: String(external ?? symbol),
    type: typeof type === "string" ? type : null,
  };
}

/** Finds the market of a question: by symbol, the exchange's name, or a currency. */
export function readMarket(words: Words, markets: readonly NamedMarket[]): MarketMatch | undefined {
  for (const word of words.all) {
    if (word.used) continue;
    const name = CURRENCIES[word.lower] ?? word.lower;
    const found = marketsCalled(name, markets);
    if (found.length === 0) continue;
    word.used = true;
    // Consumes `usd` or `dollars` of `BTC in dollars`, `BTC/USD`.
    words.take(/^(usd|dollars?)$/);
    return { called: word.text, markets: found };
  }
  return undefined;
}

function marketsCalled(name: string, markets: readonly NamedMarket[]): NamedMarket[] {
  const exact = markets.filter(({ symbol, external }) =>
    symbol.toLowerCase() === name || external.toLowerCase() === name ||
    external.toLowerCase().replace(/[/-]/g, "") === name
  );
  if (exact.length > 0) return exact;
  // Base currency of a pair; never match a word within a prediction's name.
  return markets.filter(({ external, type }) =>
    type !== "prediction" && external.toLowerCase().split("/")[0] === name
  );
}

/** Returns the expiry day in a Kalshi ticker (`…-26DEC31-…`), ms; undefined = unknown. */
export function expiryMs(symbol: string): number | undefined {
  const [, year, month = "", day] = /-(\d\d)([A-Z]{3})(\d\d)(?!\d{5})/.exec(symbol) ?? [];
  const at = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC".indexOf(month);
  if (year === undefined || month === "" || at < 0 || at % 3 !== 0) return undefined;
  return Date.UTC(2000 + Number(year), at / 3, Number(day));
}

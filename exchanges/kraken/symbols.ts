/** Our name of a Kraken pair when the environment names none: `BTC/USD` → `BTCUSD`. */
export function symbolOf(external: string): string {
  return external.replaceAll("/", "");
}

/** Names of the first protocol that the second one does not take. */
const OLD_NAMES: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };
/** Quotes by length, to split a name that has no slash. */
const QUOTES = [
  "USDT",
  "USDC",
  "USDG",
  "USD",
  "EUR",
  "GBP",
  "AUD",
  "CAD",
  "CHF",
  "JPY",
  "BTC",
  "ETH",
];

/** What is wrong with a pair's name; the venue knows `BTC/USD`, in capitals, with a slash. */
export function externalProblem(external: string): string | undefined {
  const pair = pairOf(external);
  if (pair === external) return undefined;
  const hint = pair === undefined ? `write it like "BTC/USD"` : `Did you mean "${pair}"?`;
  return `Kraken names a pair BASE/QUOTE as its WebSocket v2 does; ${hint}`;
}

/** The pair that may be meant, as the venue names it; undefined = it is like none. */
function pairOf(external: string): string | undefined {
  // Names of assets may have small letters in them (`XYZx/USD` of tokenized assets).
  const given = /^([A-Za-z0-9.]+)[/_-]([A-Za-z0-9.]+)$/.exec(external);
  const glued = QUOTES.find((quote) =>
    external.toUpperCase().endsWith(quote) && external.length > quote.length
  );
  const [base, quote] = given !== null
    ? [given[1] as string, given[2] as string]
    : glued !== undefined && /^[A-Za-z0-9.]+$/.test(external)
    ? [external.slice(0, -glued.length), glued]
    : [];
  if (base === undefined || quote === undefined) return undefined;
  return `${assetOf(base)}/${assetOf(quote)}`;
}

function assetOf(name: string): string {
  const isTokenized = /^[A-Z0-9.]+x$/.test(name);
  const upper = isTokenized ? name : name.toUpperCase();
  return OLD_NAMES[upper] ?? upper;
}

/** Our default symbol of a Kraken pair: `BTC/USD` → `BTCUSD`. */
export function symbolOf(external: string): string {
  return external.replaceAll("/", "");
}

/** WebSocket v1 asset names, which v2 rejects. */
const OLD_NAMES: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };
/** Quotes by length, to split a name without a slash. */
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

/** Explains an invalid pair name (valid: `BTC/USD`, capitals with a slash); undefined = valid. */
export function externalProblem(external: string): string | undefined {
  const pair = pairOf(external);
  if (pair === external) return undefined;
  const hint = pair === undefined ? `write it like "BTC/USD"` : `Did you mean "${pair}"?`;
  return `Kraken names a pair BASE/QUOTE as its WebSocket v2 does; ${hint}`;
}

/** Likely pair in the venue's notation; undefined = none. */
function pairOf(external: string): string | undefined {
  // Asset names may contain small letters (`XYZx/USD` of tokenized assets).
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

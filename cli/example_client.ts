import type { SimulatedVenueId } from "@ssmd/simulator";

/** Options of {@linkcode exampleClient}. */
interface ExampleOptions {
  venue: SimulatedVenueId;
  url: string;
  /** Markets of the simulator; empty = its default ones. */
  symbols: readonly string[];
  /** Kalshi: key to sign with. */
  key?: { keyId: string; path: string };
}

/** Maximum number of subscribed markets. */
const MARKETS_MAX = 2;

function krakenExample(url: string, symbol: readonly string[]): string {
  const request = JSON.stringify({
    method: "subscribe",
    params: { channel: "trade", symbol, snapshot: true },
  });
  return `deno eval 'const s = new WebSocket("${url}");\n` +
    `s.onopen = () => s.send(JSON.stringify(${request}));\n` +
    `s.onmessage = (m) => console.log(m.data);'`;
}

function kalshiExample(url: string, tickers: readonly string[], options: ExampleOptions): string {
  const request = JSON.stringify({
    id: 1,
    cmd: "subscribe",
    params: { channels: ["orderbook_delta", "trade"], market_tickers: tickers },
  });
  const { keyId = "", path = "" } = options.key ?? {};
  return `deno eval 'import { constants, sign } from "node:crypto";\n` +
    `const t = String(Date.now()), padding = constants.RSA_PKCS1_PSS_PADDING;\n` +
    `const key = Deno.readTextFileSync("${path}");\n` +
    `const text = new TextEncoder().encode(t + "GET${new URL(url).pathname}");\n` +
    `const signature = sign("sha256", text, { key, padding, saltLength: 32 }).toString("base64");\n` +
    `const s = new WebSocket("${url}", { headers: {\n` +
    `  "KALSHI-ACCESS-KEY": "${keyId}",\n` +
    `  "KALSHI-ACCESS-TIMESTAMP": t, "KALSHI-ACCESS-SIGNATURE": signature } });\n` +
    `s.onopen = () => s.send(JSON.stringify(${request}));\n` +
    `s.onmessage = (m) => console.log(m.data);'`;
}

function polymarketExample(url: string, tokens: readonly string[]): string {
  const request = JSON.stringify({ assets_ids: tokens, type: "market" });
  return `deno eval 'const s = new WebSocket("${url}");\n` +
    `s.onopen = () => s.send(JSON.stringify(${request}));\n` +
    `s.onmessage = (m) => console.log(m.data);'`;
}

/** Default market of each simulator. */
const USUAL: Readonly<Record<SimulatedVenueId, string>> = {
  kraken: "BTC/USD",
  kalshi: "KXSIMBTC-26DEC31-T99999.99",
  polymarket: "7".repeat(77),
};

/** Shell command that prints what the simulator sends. */
export function exampleClient(options: ExampleOptions): string {
  const { venue, url } = options;
  const usual = [USUAL[venue]];
  const symbols = (options.symbols.length > 0 ? options.symbols : usual).slice(0, MARKETS_MAX);
  switch (venue) {
    case "kraken":
      return krakenExample(url, symbols);
    case "kalshi":
      return kalshiExample(url, symbols, options);
    case "polymarket":
      return polymarketExample(url, symbols);
  }
}

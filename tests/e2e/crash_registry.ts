import { fileURLToPath } from "node:url";

const FEEDS = fileURLToPath(new URL("../../exchanges/feeds", import.meta.url));

/** A market of the test's environment. */
export interface CrashSymbol {
  symbol: string;
  feed: "kraken" | "kalshi" | "polymarket";
  external: string;
  depth?: number;
  /** An attribute, for shards. */
  tier?: number;
}

/** An environment file of the test's own. */
export interface CrashEnvironment {
  name: string;
  symbols: readonly CrashSymbol[];
  /** YAML of the transport. */
  transport: string;
  /** Addresses by feed, where no flag gives them. */
  endpoints?: Record<string, string>;
  /** Default: absent. */
  durability?: "spool" | "bus";
  /** Shards by name: their tier; default none. */
  shards?: Record<string, number>;
}

/** A market as its line in an environment file. */
function marketText({ symbol, ...entry }: CrashSymbol): string {
  return `  ${symbol}: ${JSON.stringify(entry)}`;
}

/** Writes a registry with the repository's feeds and one environment below `dir`. */
export async function writeRegistry(dir: string, environment: CrashEnvironment): Promise<void> {
  await Deno.mkdir(`${dir}/exchanges/feeds`, { recursive: true });
  await Deno.mkdir(`${dir}/exchanges/environments`, { recursive: true });
  for await (const { name } of Deno.readDir(FEEDS)) {
    await Deno.copyFile(`${FEEDS}/${name}`, `${dir}/exchanges/feeds/${name}`);
  }
  const path = `${dir}/exchanges/environments/${environment.name}.yaml`;
  await Deno.writeTextFile(path, environmentText(environment));
}

function environmentText(environment: CrashEnvironment): string {
  const { name, symbols, transport, endpoints, durability, shards } = environment;
  const markets = symbols.map(marketText);
  const selectors = Object.entries(shards ?? {}).map(([shard, tier]) =>
    `  ${shard}: { selector: { tier: ${tier} } }\n`
  );
  const feeds = [...new Set(symbols.map(({ feed }) => feed))];
  return `name: ${name}
feeds: [${feeds.join(", ")}]
schema: v1
symbols:
${markets.join("\n")}
transport: ${transport}
storage: { type: local, path: ./data }
gateway: { host: 127.0.0.1, port: 8080 }
connects:
${feeds.map((feed) => `  ${feed}: { burst: 1000, refill: 1ms }`).join("\n")}
${durability === undefined ? "" : `durability: ${durability}\n`}${
    selectors.length === 0 ? "" : `shards:\n${selectors.join("")}`
  }${endpoints ? `endpoints: ${JSON.stringify(endpoints)}\n` : ""}${
    feeds.includes("kalshi") ? CREDENTIALS : ""
  }
`;
}

const CREDENTIALS = `keys:
  kalshi: { type: api_key, fields: [key_id, private_key], source: env }
credentials:
  kalshi: { key_id: "$key:kalshi.key_id", private_key: "$key:kalshi.private_key" }`;

/** As many Kraken pairs as fill one connection and some more, and Kalshi markets with dots. */
export const CRASH_SYMBOLS: readonly CrashSymbol[] = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD", depth: 10 },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD", depth: 25 },
  { symbol: "SOLUSD", feed: "kraken", external: "SOL/USD", depth: 100 },
  ...Array.from({ length: 99 }, (_, i) => {
    const name = `X${String.fromCharCode(65 + i % 26, 65 + Math.floor(i / 26))}`;
    return { symbol: `${name}USD`, feed: "kraken", external: `${name}/USD`, depth: 10 } as const;
  }),
  ...["KXSIMBTC-26DEC31-T99999.99", "KXSIMRAIN-26DEC31-NYC", "KXSIMFED-26DEC31-C25"].map((
    ticker,
  ) => ({ symbol: ticker, feed: "kalshi", external: ticker } as const)),
];

/** The same with tokens of a venue that numbers and confirms nothing. */
export const CRASH_SYMBOLS_AND_TOKENS: readonly CrashSymbol[] = [
  ...CRASH_SYMBOLS,
  ...["7".repeat(77), "10".repeat(38)].map((external, i) => (
    { symbol: `TOKEN-${i}`, feed: "polymarket", external } as const
  )),
];

import type { Venue } from "../adapter.ts";
import { polymarketCatalogue } from "./catalogue.ts";
import { PolymarketNormalizer } from "./normalize.ts";

/** Explains an invalid token id; a valid one is a decimal text, too long for a YAML number. */
function externalProblem(external: string): string | undefined {
  if (/^[1-9]\d{0,77}$/.test(external)) return undefined;
  const hint = external.startsWith("0x")
    ? "0x… is a market's condition id, whose outcomes have a token each"
    : `Gamma gives it as clobTokenIds; write it in quotes`;
  return `Polymarket names an outcome by its token id, up to 78 digits; ${hint}`;
}

/** Polymarket's order books. Market data is public; nothing is acknowledged, sequenced or refused. */
export const polymarket: Venue = {
  id: "polymarket",
  catalogue: polymarketCatalogue,
  endpoint: "wss://ws-subscriptions-clob.polymarket.com/ws/market",
  credentials: [],
  handshake: (endpoint) => Promise.resolve({ url: endpoint, headers: {} }),
  connects: { burst: 50, refillMs: 6_000 },
  externalProblem,
  bookChecksum: false,
  keepAlive: { intervalMs: 10_000, frame: () => "PING", answer: "PONG" },
  silenceMsMax: 30_000,
  symbolOf: (external) => external,
  normalizers: [{
    id: "polymarket-2025-09-15",
    from: "2025-09-15",
    create: (options) => new PolymarketNormalizer(options),
  }],
};

import type { Venue } from "../adapter.ts";
import { kalshiCatalogue } from "./catalogue.ts";
import { signedHandshake } from "./auth.ts";
import { KalshiNormalizer } from "./connection.ts";
import { DOLLAR_FORMAT } from "./normalize.ts";
import { MIXED_FORMAT } from "./normalize_2026_01.ts";
import { CENT_FORMAT } from "./normalize_2025.ts";

/** Explains an invalid ticker; valid ones are capitals: `KXHIGHNY-26DEC31-T45`. */
function externalProblem(external: string): string | undefined {
  if (/^[A-Z0-9][A-Z0-9.-]*$/.test(external)) return undefined;
  const upper = external.toUpperCase();
  const hint = /^[A-Z0-9][A-Z0-9.-]*$/.test(upper) ? `Did you mean "${upper}"?` : "";
  return `a Kalshi ticker is of capitals, digits, "-" and "."; ${hint || "KXHIGHNY-26DEC31-T45"}`;
}

/**
 * Kalshi's event contracts. Public channels need a signed handshake, too. The venue sends a
 * WebSocket ping every 10 s.
 */
export const kalshi: Venue = {
  id: "kalshi",
  endpoint: "wss://external-api-ws.kalshi.com/trade-api/ws/v2",
  credentials: ["key_id", "private_key"],
  handshake: signedHandshake,
  catalogue: kalshiCatalogue,
  connects: { burst: 50, refillMs: 6_000 },
  externalProblem,
  sequenceField: "seq",
  bookChecksum: false,
  silenceMsMax: 30_000,
  symbolOf: (external) => external,
  normalizers: [
    {
      id: "kalshi-2021",
      from: "2021-07-01",
      create: (options) => new KalshiNormalizer(options, CENT_FORMAT),
    },
    {
      id: "kalshi-2026-01",
      from: "2026-01-01",
      create: (options) => new KalshiNormalizer(options, MIXED_FORMAT),
    },
    {
      id: "kalshi-2026-03-12",
      from: "2026-03-12",
      create: (options) => new KalshiNormalizer(options, DOLLAR_FORMAT),
    },
  ],
};

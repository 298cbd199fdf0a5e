import { type Environment, ENVIRONMENT_FILE } from "@ssmd/metadata";
import type { Transport } from "@ssmd/transport";

/** An environment with an enricher, whose column is `twice`. */
export const ENRICHED_ENVIRONMENT: Environment = ENVIRONMENT_FILE.parse({
  ...{ name: "test", feeds: ["kraken"], schema: "v1" },
  symbols: { BTCUSD: { feed: "kraken", external: "BTC/USD" } },
  enrich: [{ name: "a", type: "calculation", values: { twice: "2 * last" } }],
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});

/** A row on the bus; any text where it is given. */
export async function publishRow(transport: Transport, twice: number, text?: string) {
  const row = { symbol: "BTCUSD", feed: "kraken", time: 1e12 + twice, valid: true, twice };
  const payload = new TextEncoder().encode(
    text ?? JSON.stringify({ ...row, chain: "0123456789ab" }),
  );
  const publisher = transport.publisher();
  publisher.publish({ subject: "test.kraken.enriched.BTCUSD", payload, id: `row-${twice}` });
  await publisher.flush();
  await publisher.close();
}

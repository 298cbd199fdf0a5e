import { enrichedFilter, parseSubject } from "@ssmd/market";
import { type Logger, messageOf } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { z } from "zod";
import type { EnrichedMessage, Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";

/** Options of {@linkcode followEnriched}. */
interface EnrichedRowsOptions {
  env: string;
  transport: Transport;
  data: MarketData;
  onRow: (row: EnrichedMessage, market: Market) => void;
  logger: Logger;
}

const ROW = z.looseObject({
  symbol: z.string(),
  feed: z.string(),
  time: z.number(),
  valid: z.boolean(),
  chain: z.string(),
});
const TEXT = new TextDecoder("utf-8", { fatal: true });

/** Subscribes to enriched rows of known markets. Rejects as the transport does. */
export async function followEnriched(
  { env, transport, data, onRow, logger }: EnrichedRowsOptions,
): Promise<{ unsubscribe(): void }> {
  let unreadable = 0;
  return await transport.subscribe([enrichedFilter(env)], ({ subject, payload }) => {
    const { feed = "", symbol = "" } = parseSubject(subject) ?? {};
    const market = data.feeds.get(feed)?.markets.get(symbol);
    if (market === undefined) return;
    try {
      const text = TEXT.decode(payload);
      const row = ROW.parse(JSON.parse(text));
      if (row.symbol !== symbol || row.feed !== feed) {
        throw new RangeError("It is of another market");
      }
      market.enriched = {
        type: "enriched",
        symbol,
        feed,
        json: `{"type":"enriched",${text.slice(1)}`,
      };
      onRow(market.enriched, market);
    } catch (error) {
      if (unreadable++ % 1000 > 0) return;
      logger.warn("a row of the enrichers cannot be read", { subject, error: messageOf(error) });
    }
  });
}

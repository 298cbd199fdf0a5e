import { type Environment, followSymbols, loadInstruments } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { MarketData } from "../state/market_data.ts";

/** What is followed, and who gets it. */
interface SelectedMarketsOptions {
  environment: Environment | undefined;
  registryDir: string | undefined;
  transport: Transport;
  data: MarketData;
  logger: Logger;
}

/**
 * Takes in the markets that rules of the environment find before their first record, with the venue's
 * names. A bus without key-value stores is logged: they come with their records then.
 */
export async function followSelectedMarkets(
  { environment, registryDir, transport, data, logger }: SelectedMarketsOptions,
): Promise<{ unsubscribe(): void } | undefined> {
  if (environment === undefined) return undefined;
  try {
    return await followSymbols(transport, {
      environment,
      instruments: await loadInstruments(registryDir),
      onSymbols: (symbols) => {
        const fresh = Object.entries(symbols).filter(([symbol]) =>
          data.market(symbol) === undefined
        );
        data.add([], fresh.map(([symbol, { feed, external }]) => ({ symbol, feed, external })));
      },
    });
  } catch (error) {
    logger.warn("markets of rules are known with their first record only", { error });
    return undefined;
  }
}

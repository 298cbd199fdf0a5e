import { type Environment, followSymbols, loadEnvironment, loadInstruments } from "@ssmd/metadata";
import { beginLasting, type Logger } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { MarketData } from "../state/market_data.ts";

/** Options of {@linkcode followSelectedMarkets}. */
interface SelectedMarketsOptions {
  environment: Environment | undefined;
  registryDir: string | undefined;
  transport: Transport;
  data: MarketData;
  logger: Logger;
}

/**
 * Adds markets selected by the environment's rules before their first record, with the venue's
 * names; while the bus refuses this, markets are added with their first record.
 */
export async function followSelectedMarkets(
  { environment, registryDir, transport, data, logger }: SelectedMarketsOptions,
): Promise<{ close(): Promise<void> } | undefined> {
  if (environment === undefined) return undefined;
  const instruments = await loadInstruments(registryDir);
  const onSymbols = (symbols: Environment["symbols"]) => {
    const fresh = Object.entries(symbols).filter(([symbol]) => data.market(symbol) === undefined);
    data.add([], fresh.map(([symbol, { feed, external }]) => ({ symbol, feed, external })));
  };
  const readEnvironment = () =>
    registryDir === undefined
      ? Promise.resolve(environment)
      : loadEnvironment(registryDir, environment.name);
  return await beginLasting(async () => {
    const { unsubscribe } = await followSymbols(transport, {
      ...{ environment, readEnvironment, instruments, onSymbols },
    });
    return { close: unsubscribe };
  }, {
    onFailed: (error, isFirst) => {
      if (!isFirst) return;
      logger.warn("markets of rules come with their first record; it is tried again", { error });
    },
  });
}

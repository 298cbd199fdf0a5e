import { type Environment, followSymbols, loadEnvironment, loadInstruments } from "@ssmd/metadata";
import { beginLasting, type Logger } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";

/** Options of {@linkcode followSelectedMarkets}. */
interface SelectedMarketsOptions {
  environment: Environment | undefined;
  registryDir: string | undefined;
  transport: Transport;
  /** Receives all current markets: applied and selected. */
  onSymbols: (symbols: Environment["symbols"]) => void;
  logger: Logger;
}

/**
 * Follows the environment's markets, applied and selected by its rules; while the bus refuses
 * this, it is tried again.
 */
export async function followSelectedMarkets(
  { environment, registryDir, transport, onSymbols, logger }: SelectedMarketsOptions,
): Promise<{ close(): Promise<void> } | undefined> {
  if (environment === undefined) return undefined;
  const instruments = await loadInstruments(registryDir);
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

import { followSymbols, symbolsOfFeed, symbolsOfShard } from "@ssmd/metadata";
import type { Connector } from "./connector.ts";
import type { SymbolHandover } from "./symbol_handover.ts";
import { Discovery, type DiscoveryOptions } from "./discovery/discovery.ts";

/**
 * Has a connector capture the markets of its feed as the running environment is told of them, and
 * tells the environment what the venue says of markets. A bus without key-value stores is logged: the
 * markets are those of the start then.
 */
export async function followFeed(
  connector: Connector,
  options: DiscoveryOptions & {
    shard?: string | undefined;
    handover?: SymbolHandover | undefined;
  },
): Promise<{ close(): Promise<void> }> {
  const { bus, feed, shard, environment, instruments, logger, handover } = options;
  const onSymbols = (symbols: Parameters<typeof symbolsOfFeed>[0]) => {
    const own = symbolsOfFeed(symbolsOfShard({ ...environment, symbols }, shard), feed);
    if (handover !== undefined) {
      return handover.want(own, (symbol) => Object.hasOwn(symbols, symbol));
    }
    connector.changeSymbols(own).catch((error) =>
      logger.error("the markets cannot be changed", { feed, error })
    );
  };
  // Those of rules are not known before they are told.
  if (handover !== undefined && !environment.select?.length) onSymbols(environment.symbols);
  try {
    const discovery = await Discovery.start(connector, options);
    const onChoice = discovery.choose.bind(discovery);
    const following = await followSymbols(bus, { environment, instruments, onSymbols, onChoice })
      .catch(async (error) => {
        await discovery.close();
        throw error;
      });
    return {
      close: async () => {
        following.unsubscribe();
        await discovery.close();
      },
    };
  } catch (error) {
    logger.warn("changes of markets are not followed until the next start", { feed, error });
    return { close: () => Promise.resolve() };
  }
}

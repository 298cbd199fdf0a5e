import { followSymbols, type StoringBus, symbolsOfFeed } from "@ssmd/metadata";
import type { Logger } from "@ssmd/runtime";
import type { Connector } from "./connector.ts";

/**
 * Has a connector capture the markets of its feed as the running environment is told of them. A bus
 * without key-value stores is logged: the markets are those of the start then.
 */
export async function followFeed(
  connector: Connector,
  { bus, feed, logger }: { bus: StoringBus; feed: string; logger: Logger },
): Promise<{ unsubscribe(): void }> {
  try {
    return await followSymbols(bus, (symbols) => {
      connector.changeSymbols(symbolsOfFeed(symbols, feed)).catch((error) =>
        logger.error("the markets cannot be changed", { feed, error })
      );
    });
  } catch (error) {
    logger.warn("changes of markets are not followed until the next start", { feed, error });
    return { unsubscribe: () => {} };
  }
}

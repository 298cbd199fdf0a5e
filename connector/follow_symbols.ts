import {
  followSymbols,
  type MarketChoice,
  recordCaptured,
  shardsOfFeed,
  symbolsOfFeed,
  symbolsOfShard,
} from "@ssmd/metadata";
import { type Backoff, beginLasting, type ComponentHealth, messageOf } from "@ssmd/runtime";
import type { Connector } from "./connector.ts";
import type { FollowedShard } from "./feed_shard.ts";
import type { SymbolHandover } from "./symbol_handover.ts";
import { Discovery, type DiscoveryOptions } from "./discovery/discovery.ts";

interface FollowOptions extends DiscoveryOptions {
  /** Re-reads the environment's file. */
  readEnvironment: Parameters<typeof followSymbols>[1]["readEnvironment"];
  shard?: FollowedShard | undefined;
  handover?: SymbolHandover | undefined;
  health: ComponentHealth;
  /** Pauses between retries; tests inject shorter ones. */
  pauses?: Backoff;
}

/** A running task. */
interface Following {
  close(): Promise<void>;
}

/**
 * Follows the environment's symbol changes into a connector, and the venue's market news into the
 * security master. While the bus refuses, the symbols are those of the start, the connector is not
 * ready, and the subscription is retried.
 */
export async function followFeed(connector: Connector, options: FollowOptions): Promise<Following> {
  const { feed, shard, environment, logger, handover, health, pauses } = options;
  const onSymbols = (symbols: Parameters<typeof symbolsOfFeed>[0]) => {
    const current = { ...environment, symbols };
    // First: a new shard's records may come before this one's markets have changed.
    shard?.change(shardsOfFeed(current, feed));
    const own = symbolsOfFeed(symbolsOfShard(current, shard?.name), feed);
    if (handover !== undefined) {
      return handover.want(own, (symbol) => Object.hasOwn(symbols, symbol));
    }
    connector.changeSymbols(own).catch((error) =>
      logger.error("the markets cannot be changed", { feed, error })
    );
  };
  // Symbols of select rules are only known from the bus.
  if (handover !== undefined && !environment.select?.length) onSymbols(environment.symbols);
  let problem: string | undefined;
  health.requireForReadiness("markets", () => problem);
  const following = await beginLasting(async () => {
    const begun = await begin(connector, options, onSymbols);
    problem = undefined;
    return begun;
  }, {
    pauses,
    onFailed: (error, isFirst) => {
      problem = `changes of markets are not followed: ${messageOf(error)}`;
      if (!isFirst) return;
      logger.warn("changes of markets are not followed yet, it is tried again", { feed, error });
    },
  });
  return {
    close: async () => {
      await following.close();
      health.close();
    },
  };
}

async function begin(
  connector: Connector,
  options: FollowOptions,
  onSymbols: Parameters<typeof followSymbols>[1]["onSymbols"],
): Promise<Following> {
  const { bus, environment, readEnvironment, instruments, feed, shard, logger } = options;
  const part = { feed, shard: shard?.name };
  const discovery = await Discovery.start(connector, options);
  const onChoice = (choice: MarketChoice) => {
    discovery.choose(choice);
    recordCaptured(bus, part, choice).catch((error) =>
      logger.warn("the bus does not know which markets are captured", { feed, error })
    );
  };
  try {
    await recordCaptured(bus, part, environment);
    const symbols = await followSymbols(bus, {
      ...{ environment, readEnvironment, instruments, onSymbols, onChoice },
    });
    return {
      close: async () => {
        symbols.unsubscribe();
        await discovery.close();
      },
    };
  } catch (error) {
    await discovery.close();
    throw error;
  }
}

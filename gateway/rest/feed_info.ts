import { type Logger, messageOf } from "@ssmd/runtime";
import type { RegistrySource } from "../meta/registry_source.ts";

/** Descriptive data of a feed from the registry. */
export interface FeedInfo {
  /** Display name: `Kraken`. */
  name: string;
  /** Type of its markets. */
  type: "spot" | "prediction";
}

/** Returns the info of all feeds, by id. */
export type ReadFeedInfo = () => Promise<ReadonlyMap<string, FeedInfo>>;

/**
 * Returns a reader that loads the registry at the first call, so that no start waits for it; empty
 * without a registry or, with a warning, on failure.
 */
export function feedInfoReader(registry: RegistrySource | undefined, logger: Logger): ReadFeedInfo {
  let read: ReturnType<ReadFeedInfo> | undefined;
  return () => read ??= readFeedInfo(registry, logger);
}

async function readFeedInfo(
  registry: RegistrySource | undefined,
  logger: Logger,
): Promise<ReadonlyMap<string, FeedInfo>> {
  if (registry === undefined) return new Map();
  try {
    const { found } = await registry.on();
    return new Map(
      [...found.feeds].map(([id, { display_name: name, type }]) => [id, { name, type }]),
    );
  } catch (error) {
    logger.warn("the registry cannot be read: feeds are not described", {
      error: messageOf(error),
    });
    return new Map();
  }
}

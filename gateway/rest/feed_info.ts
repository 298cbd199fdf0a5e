import { type Logger, messageOf } from "@ssmd/runtime";
import type { RegistrySource } from "../meta/registry_source.ts";

/** What the registry tells of a feed. */
export interface FeedInfo {
  /** For people: `Kraken`. */
  name: string;
  /** What is traded there. */
  type: "spot" | "prediction";
}

/** What the registry tells of its feeds, by id; empty where there is none, with a warning where it is wrong. */
export async function readFeedInfo(
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

import type { FeedShard } from "@ssmd/market";
import { type Environment, shardsOfFeed } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";

/**
 * Returns the shard of a feed to capture; undefined = the feed has no shards. Throws ConfigError
 * `SHARD_MISSING` when shards exist but none is named, and `SHARD_EMPTY`.
 */
export function feedShardOf(
  environment: Environment,
  feed: string,
  shard: string | undefined,
): FeedShard | undefined {
  const { name, shards } = environment;
  if (shards === undefined) return undefined;
  const all = shardsOfFeed(environment, feed);
  if (shard === undefined) {
    throw new ConfigError("SHARD_MISSING", `Environment ${name} has shards, and none is named`, {
      hint: `Set SHARD_ID or --shard to one of: ${all.join(", ")}`,
    });
  }
  if (!all.includes(shard)) {
    throw new ConfigError("SHARD_EMPTY", `Shard ${shard} has no symbol of the feed ${feed}`, {
      hint: `Shards with symbols of it: ${all.join(", ")}`,
    });
  }
  return { name: shard, all };
}

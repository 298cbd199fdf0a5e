import type { FeedShard } from "@ssmd/market";
import { type Environment, shardsOfFeed } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";

/**
 * The part of a feed that a connector captures; undefined = all of it, as there are no shards. Throws
 * ConfigError `SHARD_MISSING` where it would capture what shards do, and `SHARD_EMPTY`.
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

import type { FeedShard } from "@ssmd/market";
import { type Environment, shardsOfFeed } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";

/** How long watermarks wait for a shard that lost its last symbol: its last records come, ms. */
const LEAVING_MS = 30_000;

/** A shard among those of its feed, which change with the feed's symbols. */
export class FollowedShard implements FeedShard {
  readonly name: string;
  #all: readonly string[];
  /** When a shard lost its last symbol, ms. */
  #leftMs = new Map<string, number>();
  #nowMs: () => number;

  constructor(name: string, all: readonly string[], nowMs = () => performance.now()) {
    this.name = name;
    this.#all = all;
    this.#nowMs = nowMs;
  }

  /** All shards of the feed, this one and those that left just now included. */
  get all(): readonly string[] {
    const nowMs = this.#nowMs();
    for (const [name, leftMs] of this.#leftMs) {
      if (nowMs - leftMs >= LEAVING_MS) this.#leftMs.delete(name);
    }
    return [...new Set([...this.#all, ...this.#leftMs.keys(), this.name])].sort();
  }

  /** Changes the shards that have symbols of the feed. */
  change(all: readonly string[]): void {
    for (const name of this.#all) if (!all.includes(name)) this.#leftMs.set(name, this.#nowMs());
    for (const name of all) this.#leftMs.delete(name);
    this.#all = all;
  }
}

/**
 * Returns the shard of a feed to capture; undefined = the feed has no shards. Throws ConfigError
 * `SHARD_MISSING` when shards exist but none is named, and `SHARD_EMPTY`.
 */
export function feedShardOf(
  environment: Environment,
  feed: string,
  shard: string | undefined,
): FollowedShard | undefined {
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
  return new FollowedShard(shard, all);
}

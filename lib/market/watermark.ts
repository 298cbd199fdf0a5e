/**
 * A connector's word that it published every record of `feed` that it received before `timeUs`.
 * With it a quiet market's time passes too, and records of several feeds can be put in one order.
 */
export interface Watermark {
  /** The feed's id. */
  feed: string;
  /** Exclusive, µs; it never falls. */
  timeUs: number;
  /** Whose connector says so, and all shards that the feed has; absent = it has none. */
  shard?: FeedShard;
}

/** A shard of a feed among all that the feed has. */
export interface FeedShard {
  name: string;
  /** With `name` itself. */
  all: readonly string[];
}

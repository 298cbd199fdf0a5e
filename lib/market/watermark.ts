/**
 * A connector's statement that it published every record of `feed` received before `timeUs`. It
 * advances time for quiet markets and lets consumers merge several feeds in one order.
 */
export interface Watermark {
  /** Feed id. */
  feed: string;
  /** Exclusive, µs; never decreases. */
  timeUs: number;
  /** The connector's shard and all shards of the feed; absent = no shards. */
  shard?: FeedShard;
}

/** One shard of a feed, with the list of all shards. */
export interface FeedShard {
  name: string;
  /** Includes `name`. */
  all: readonly string[];
}

/** One of several engines that split the markets among them. */
export interface Shard {
  /** Index from 0. */
  index: number;
  /** Number of shards, from 1. */
  count: number;
}

/** Returns whether a market belongs to a shard, by a name hash equal in all processes. */
export function hasMarket({ index, count }: Shard, feed: string, symbol: string): boolean {
  if (count === 1) return true;
  const name = `${feed}\n${symbol}`;
  // FNV-1a
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % count === index;
}

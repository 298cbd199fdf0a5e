/** One of several engines, each of which has the instances of its share of the markets. */
export interface Shard {
  /** From 0. */
  index: number;
  /** How many there are, from 1. */
  count: number;
}

/** Whether a shard has the instances of a market: by a hash of its name, the same in all processes. */
export function hasMarket({ index, count }: Shard, feed: string, symbol: string): boolean {
  if (count === 1) return true;
  const name = `${feed}\n${symbol}`;
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % count === index;
}

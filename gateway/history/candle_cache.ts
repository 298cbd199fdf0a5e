import type { Candle } from "@ssmd/dataset/series";

/** Candles of a closed span. */
interface CachedCandles {
  candles: readonly Candle[];
  /** Number of trades left out. */
  late: number;
}

/** LRU cache of candles of spans that no longer change. */
export class CandleCache {
  #entries = new Map<string, CachedCandles>();
  #candlesMax: number;
  #count = 0;

  /** `candlesMax` limits the candles over all spans; an empty span counts as one. */
  constructor(candlesMax: number) {
    this.#candlesMax = candlesMax;
  }

  /** Number of cached candles. */
  get size(): number {
    return this.#count;
  }

  /** Returns the candles of a key and marks them as used; undefined = not cached. */
  get(key: string): CachedCandles | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Caches the candles of a key. */
  set(key: string, entry: CachedCandles): void {
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#count += weightOf(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#count <= this.#candlesMax) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#count -= weightOf(entry);
  }
}

function weightOf({ candles }: CachedCandles): number {
  return Math.max(1, candles.length);
}

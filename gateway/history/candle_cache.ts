import type { Candle } from "@ssmd/dataset/series";

/** Candles of a span that is over. */
interface CachedCandles {
  candles: readonly Candle[];
  /** Trades left out of them. */
  late: number;
}

/** Candles of spans that do not change any more; the least used leave. */
export class CandleCache {
  #entries = new Map<string, CachedCandles>();
  #candlesMax: number;
  #count = 0;

  /** At most so many candles over all spans; an empty span counts as one. */
  constructor(candlesMax: number) {
    this.#candlesMax = candlesMax;
  }

  /** Candles held. */
  get size(): number {
    return this.#count;
  }

  /** Number of cached candles. */
  get(key: string): CachedCandles | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Remembers. */
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

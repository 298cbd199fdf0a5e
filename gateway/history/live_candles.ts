import type { Trade } from "@ssmd/market";
import { BAR_LIMITS, type Candle, Candles, isTooLate, timeOf } from "@ssmd/dataset/series";

/** Interval of live candles, µs; longer ones are merged from them. */
export const LIVE_INTERVAL_US = 60_000_000;

/** One market's one-minute candles by venue time, updated with each trade. */
export class LiveCandles {
  #candles = new Candles(LIVE_INTERVAL_US);
  #floorUs: number;
  #most: () => number;

  /** The caller must add all trades received from `floorUs` on; `most` gives the maximum count. */
  constructor(floorUs: number, most: () => number) {
    this.#floorUs = wholeFrom(floorUs);
    this.#most = most;
  }

  /** Start from which candles miss no trade, µs. */
  get floorUs(): number {
    return this.#floorUs;
  }

  /** Adds a trade, unless it is so late that readers of the archive would leave it out too. */
  add(trade: Trade): void {
    const atUs = timeOf(trade, "venue");
    if (isTooLate(trade, atUs) || atUs < this.#floorUs) return;
    if (!this.#candles.add(trade, atUs) || this.#candles.size <= this.#most()) return;
    // Drop a fifth at a time, to avoid a sort per minute.
    const all = this.#candles.between(0, Infinity);
    const first = all[Math.ceil(all.length / 5)] as Candle;
    this.#floorUs = Math.max(this.#floorUs, first.startUs);
    this.#candles.dropBefore(this.#floorUs);
  }

  /** Raises the floor: trades received before `floorUs` may be missing. */
  raise(floorUs: number): void {
    this.#floorUs = Math.max(this.#floorUs, wholeFrom(floorUs));
    this.#candles.dropBefore(this.#floorUs);
  }

  /** Returns candles that begin in [fromUs, toUs), in order. */
  between(fromUs: number, toUs: number): Candle[] {
    return this.#candles.between(fromUs, toUs);
  }
}

/** Returns the first whole minute without trades received before a time, µs. */
export function wholeFrom(receivedFromUs: number): number {
  const us = receivedFromUs + BAR_LIMITS.earlyUs;
  return Math.ceil(us / LIVE_INTERVAL_US) * LIVE_INTERVAL_US;
}

import type { Trade } from "@ssmd/market";
import { BAR_LIMITS, type Candle, Candles, isTooLate, timeOf } from "@ssmd/dataset/series";

/** Interval of the candles that are kept up to date; longer ones are put together from them. */
export const LIVE_INTERVAL_US = 60_000_000;

/** One market's candles of a minute by the venue's time, kept up to date trade by trade. */
export class LiveCandles {
  #candles = new Candles(LIVE_INTERVAL_US);
  #floorUs: number;
  #most: () => number;

  /** Trades received from `floorUs` on are going to be added; `most` candles are kept. */
  constructor(floorUs: number, most: () => number) {
    this.#floorUs = wholeFrom(floorUs);
    this.#most = most;
  }

  /** Candles that begin here or later miss no trade, µs. */
  get floorUs(): number {
    return this.#floorUs;
  }

  /** Adds a trade, unless it comes so late that the archive's readers would not find it either. */
  add(trade: Trade): void {
    const atUs = timeOf(trade, "venue");
    if (isTooLate(trade, atUs) || atUs < this.#floorUs) return;
    if (!this.#candles.add(trade, atUs) || this.#candles.size <= this.#most()) return;
    // A fifth at a time: the sort is not to be paid for each new minute.
    const all = this.#candles.between(0, Infinity);
    const first = all[Math.ceil(all.length / 5)] as Candle;
    this.#floorUs = Math.max(this.#floorUs, first.startUs);
    this.#candles.dropBefore(this.#floorUs);
  }

  /** Trades received before `floorUs` may be missing. */
  raise(floorUs: number): void {
    this.#floorUs = Math.max(this.#floorUs, wholeFrom(floorUs));
    this.#candles.dropBefore(this.#floorUs);
  }

  /** Candles that begin in [fromUs, toUs), in order. */
  between(fromUs: number, toUs: number): Candle[] {
    return this.#candles.between(fromUs, toUs);
  }
}

/** The first whole minute none of whose trades can have been received before a time. */
export function wholeFrom(receivedFromUs: number): number {
  const us = receivedFromUs + BAR_LIMITS.earlyUs;
  return Math.ceil(us / LIVE_INTERVAL_US) * LIVE_INTERVAL_US;
}

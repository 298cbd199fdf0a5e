import type { Print } from "../state/tape.ts";
import { type Interval, INTERVALS } from "./intervals.ts";

/** Candle of the REST API; unused fields are omitted. */
export interface Candle {
  /** Start, ms. */
  start: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Volume-weighted average price; null or absent = not known yet. */
  vwap?: number | null;
  trades: number;
  /** True when records may be missing in it. */
  gap: boolean;
}

/** Time range in which records are missing or suspect. */
export interface GapSpan {
  reason: string;
  from: number;
  /** null = still open. */
  to: number | null;
  missed: number | null;
  recovered: boolean;
}

/** Maximum number of candles kept; the oldest are dropped. */
const CANDLES_MAX = 3000;

/** Candles of one market and interval: REST answers plus live trades. */
export class Candles {
  /** Oldest first; intervals without trades are absent. */
  list: Candle[] = [];
  gaps: GapSpan[] = [];
  readonly intervalMs: number;
  /** Place trades by receive time, because the venue's times are old. */
  received = false;

  constructor(interval: Interval) {
    this.intervalMs = INTERVALS[interval];
  }

  /** Merges a REST answer, which replaces all candles from its first one on. */
  take(candles: readonly Candle[], gaps: readonly GapSpan[]): void {
    const first = candles[0]?.start;
    if (first !== undefined) {
      this.list = [...this.list.filter(({ start }) => start < first), ...candles];
      if (this.list.length > CANDLES_MAX) this.list.splice(0, this.list.length - CANDLES_MAX);
    }
    for (const gap of gaps) this.#takeGap(gap);
  }

  /** Prepends older candles. */
  takeOlder(candles: readonly Candle[], gaps: readonly GapSpan[]): void {
    const first = this.list[0]?.start ?? Infinity;
    this.list = [...candles.filter(({ start }) => start < first), ...this.list];
    for (const gap of gaps) this.#takeGap(gap);
  }

  /** Adds a live trade; returns its candle, or undefined when the trade is too late to be drawn. */
  takePrint({ price, size, ms, recvMs }: Print): Candle | undefined {
    const start = Math.floor((this.received ? recvMs : ms) / this.intervalMs) * this.intervalMs;
    const last = this.list.at(-1);
    if (last !== undefined && start < last.start) return undefined;
    if (last === undefined || start > last.start) {
      const candle = {
        ...{ start, open: price, high: price, low: price, close: price, volume: size },
        ...{ trades: 1, gap: false },
      };
      this.list.push(candle);
      return candle;
    }
    last.high = Math.max(last.high, price);
    last.low = Math.min(last.low, price);
    last.close = price;
    last.volume += size;
    last.trades++;
    return last;
  }

  /** Every interval from the first candle to `nowMs`; undefined = no trade. */
  slots(nowMs: number): { start: number; candle: Candle | undefined }[] {
    const first = this.list[0];
    const last = this.list.at(-1);
    if (first === undefined || last === undefined) return [];
    const { intervalMs } = this;
    const end = Math.max(last.start, Math.floor(nowMs / intervalMs) * intervalMs);
    const begin = Math.max(first.start, end - CANDLES_MAX * intervalMs);
    const byStart = new Map(this.list.map((candle) => [candle.start, candle]));
    const slots = [];
    for (let start = begin; start <= end; start += intervalMs) {
      slots.push({ start, candle: byStart.get(start) });
    }
    return slots;
  }

  /** A gap with the same start and reason replaces the known one: it was extended or closed. */
  #takeGap(gap: GapSpan): void {
    const same = this.gaps.findIndex(({ from, reason }) =>
      from === gap.from && reason === gap.reason
    );
    if (same < 0) this.gaps.push(gap);
    else this.gaps[same] = gap;
  }
}

/** VWAP from the first candle up to each candle, computed from the candles' own VWAPs. */
export function vwapOf(candles: readonly Candle[]): { startMs: number; value: number }[] {
  let [paid, volume] = [0, 0];
  const points: { startMs: number; value: number }[] = [];
  for (const { start, close, vwap, volume: traded } of candles) {
    // A candle of live trades has no VWAP until the next REST answer.
    paid += (vwap ?? close) * traded;
    volume += traded;
    if (volume > 0) points.push({ startMs: start, value: paid / volume });
  }
  return points;
}

/** Volume traded between `low` and `high`. */
interface ProfileBin {
  low: number;
  high: number;
  volume: number;
}

/** Volume by price in `count` equal bins; a candle's volume is spread evenly from its low to its high. */
export function profileOf(candles: readonly Candle[], count: number): ProfileBin[] {
  const bottom = Math.min(...candles.map(({ low }) => low));
  const top = Math.max(...candles.map(({ high }) => high));
  const step = (top - bottom) / count;
  if (!(step > 0)) return [];
  const bins = Array.from({ length: count }, (_, i) => ({
    ...{ low: bottom + i * step, high: bottom + (i + 1) * step, volume: 0 },
  }));
  const binAt = (price: number) => Math.min(count - 1, Math.floor((price - bottom) / step));
  for (const { low, high, volume } of candles) {
    for (let i = binAt(low); i <= binAt(high); i++) {
      const bin = bins[i] as ProfileBin;
      const overlap = Math.min(high, bin.high) - Math.max(low, bin.low);
      bin.volume += high === low ? volume : volume * Math.max(0, overlap) / (high - low);
    }
  }
  return bins;
}

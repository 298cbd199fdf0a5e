import type { Trade } from "@ssmd/market";

/** Limits of bars. */
export const BAR_LIMITS = {
  /** Trades later than this after their own time are dropped. */
  lateUs: 600_000_000,
  /** Trades further ahead than this (wrong clock) are dropped. */
  earlyUs: 5_000_000,
} as const;

/** Trade time that selects the candle. */
export type CandleClock = "venue" | "received";

/** A candle under construction; independent of the order of its trades. */
export interface Candle {
  /** Start, µs. */
  startUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** Total size. */
  volume: Sum;
  /** Total size of taker buys. */
  buyVolume: Sum;
  /** Sum of price × size. */
  notional: Sum;
  trades: number;
  /** Order of the trades that gave `open` and `close`. */
  openOrder: TradeOrder;
  closeOrder: TradeOrder;
}

/** Order of trades: candle clock, then receive time, then sequence. */
interface TradeOrder {
  atUs: number;
  receivedAtUs: number;
  sequence: number;
}

/** A compensated sum (Neumaier), nearly independent of the order. */
interface Sum {
  value: number;
  rest: number;
}

function add(sum: Sum, value: number): void {
  const next = sum.value + value;
  sum.rest += Math.abs(sum.value) >= Math.abs(value)
    ? (sum.value - next) + value
    : (value - next) + sum.value;
  sum.value = next;
}

/** Returns a sum as decimal with at most 12 significant digits. */
export function valueOf({ value, rest }: Sum): number {
  return Number((value + rest).toPrecision(12));
}

/** Returns a trade's time by a clock, µs; the receive time when the venue gives none. */
export function timeOf({ timestampUs, receivedAtUs }: Trade, clock: CandleClock): number {
  return clock === "venue" && timestampUs > 0 ? timestampUs : receivedAtUs;
}

/** Returns whether a trade came too late, or too early (wrong clock), for its candle. */
export function isTooLate({ receivedAtUs }: Trade, atUs: number): boolean {
  return receivedAtUs - atUs > BAR_LIMITS.lateUs || atUs - receivedAtUs > BAR_LIMITS.earlyUs;
}

/** Candle values as published everywhere. */
export interface CandleFigures {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  buy_volume: number;
  /** Null when all sizes are 0. */
  vwap: number | null;
  trades: number;
}

/** Returns the published values of a candle. */
export function figuresOf(candle: Candle): CandleFigures {
  const { open, high, low, close, trades } = candle;
  const volume = valueOf(candle.volume);
  return {
    ...{ open, high, low, close, volume },
    buy_volume: valueOf(candle.buyVolume),
    vwap: volume > 0 ? Number((valueOf(candle.notional) / volume).toPrecision(12)) : null,
    trades,
  };
}

/** Returns the candle of a single trade. */
function candleOf(trade: Trade, atUs: number, intervalUs: number): Candle {
  const { price, size, side, receivedAtUs, sequence } = trade;
  const order = { atUs, receivedAtUs, sequence };
  return {
    startUs: Math.floor(atUs / intervalUs) * intervalUs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: { value: size, rest: 0 },
    buyVolume: { value: side === "buy" ? size : 0, rest: 0 },
    notional: { value: price * size, rest: 0 },
    trades: 1,
    openOrder: order,
    closeOrder: order,
  };
}

/** Merges `other`, of the same or a shorter interval, into `candle`. */
function mergeInto(candle: Candle, other: Candle): void {
  if (compareOrder(other.openOrder, candle.openOrder) < 0) {
    candle.open = other.open;
    candle.openOrder = other.openOrder;
  }
  if (compareOrder(other.closeOrder, candle.closeOrder) > 0) {
    candle.close = other.close;
    candle.closeOrder = other.closeOrder;
  }
  candle.high = Math.max(candle.high, other.high);
  candle.low = Math.min(candle.low, other.low);
  candle.trades += other.trades;
  addAll(candle.volume, other.volume);
  addAll(candle.buyVolume, other.buyVolume);
  addAll(candle.notional, other.notional);
}

function addAll(sum: Sum, { value, rest }: Sum): void {
  add(sum, value);
  add(sum, rest);
}

function compareOrder(a: TradeOrder, b: TradeOrder): number {
  return a.atUs - b.atUs || a.receivedAtUs - b.receivedAtUs || a.sequence - b.sequence;
}

/** Candles by start time; accepts late trades and partial candles. */
export class Candles {
  readonly intervalUs: number;
  #byStart = new Map<number, Candle>();

  constructor(intervalUs: number) {
    this.intervalUs = intervalUs;
  }

  /** Number of candles. */
  get size(): number {
    return this.#byStart.size;
  }

  /** Adds a trade; returns whether it started a new candle. */
  add(trade: Trade, atUs: number): boolean {
    return this.merge(candleOf(trade, atUs, this.intervalUs));
  }

  /** Merges a candle of the same or a shorter interval; returns whether it started a new one. */
  merge(part: Candle): boolean {
    const startUs = Math.floor(part.startUs / this.intervalUs) * this.intervalUs;
    const candle = this.#byStart.get(startUs);
    if (candle !== undefined) {
      mergeInto(candle, part);
      return false;
    }
    const { volume, buyVolume, notional } = part;
    this.#byStart.set(startUs, {
      ...{ ...part, startUs },
      ...{ volume: { ...volume }, buyVolume: { ...buyVolume }, notional: { ...notional } },
    });
    return true;
  }

  /** Drops candles that start before a time. */
  dropBefore(us: number): void {
    for (const start of this.#byStart.keys()) if (start < us) this.#byStart.delete(start);
  }

  /** Returns the candles that start in [fromUs, toUs), in order. */
  between(fromUs: number, toUs: number): Candle[] {
    return [...this.#byStart.values()]
      .filter(({ startUs }) => startUs >= fromUs && startUs < toUs)
      .sort((a, b) => a.startUs - b.startUs);
  }
}

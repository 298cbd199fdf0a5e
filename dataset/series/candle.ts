import type { Trade } from "@ssmd/market";

/** Limits of bars. */
export const BAR_LIMITS = {
  /** A trade that comes later than this after its own time is left out. */
  lateUs: 600_000_000,
  /** A trade whose own time is further ahead than this (a wrong clock) is left out. */
  earlyUs: 5_000_000,
} as const;

/** Which time of a trade places it in a candle. */
export type CandleClock = "venue" | "received";

/** A candle while it is built: what it is does not depend on the order of its trades. */
export interface Candle {
  /** Its first moment, µs. */
  startUs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** Sizes together. */
  volume: Sum;
  /** Sizes of trades whose taker bought. */
  buyVolume: Sum;
  /** Price times size together. */
  notional: Sum;
  trades: number;
  /** Order of the trade that gave `open`, and of the one that gave `close`. */
  openOrder: TradeOrder;
  closeOrder: TradeOrder;
}

/** The order of trades: by the candle's clock, then receipt, then number. */
interface TradeOrder {
  atUs: number;
  receivedAtUs: number;
  sequence: number;
}

/** A sum of decimals that does not depend on their order (Neumaier). */
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

/** A sum as a decimal of at most 12 significant digits. */
export function valueOf({ value, rest }: Sum): number {
  return Number((value + rest).toPrecision(12));
}

/** Time of a trade by a clock, µs; the receive time where the venue gives none. */
export function timeOf({ timestampUs, receivedAtUs }: Trade, clock: CandleClock): number {
  return clock === "venue" && timestampUs > 0 ? timestampUs : receivedAtUs;
}

/** Whether a trade came too late (or too early: a wrong clock) for the candle of its time. */
export function isTooLate({ receivedAtUs }: Trade, atUs: number): boolean {
  return receivedAtUs - atUs > BAR_LIMITS.lateUs || atUs - receivedAtUs > BAR_LIMITS.earlyUs;
}

/** The figures of a candle as every surface gives them. */
export interface CandleFigures {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  buy_volume: number;
  /** Null = all sizes are 0. */
  vwap: number | null;
  trades: number;
}

/** The figures of a candle. */
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

/** The candle of one trade. */
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

/** Merges `other`, of the same or a shorter time, into `candle`. */
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

/** Candles by their start; late trades and parts of candles find their place. */
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

  /** Takes a trade; true = it began a candle. */
  add(trade: Trade, atUs: number): boolean {
    return this.merge(candleOf(trade, atUs, this.intervalUs));
  }

  /** Takes a candle of the same or a shorter interval; true = it began a candle. */
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

  /** Lets go the candles that begin before a time. */
  dropBefore(us: number): void {
    for (const start of this.#byStart.keys()) if (start < us) this.#byStart.delete(start);
  }

  /** Candles that begin in [fromUs, toUs), in order. */
  between(fromUs: number, toUs: number): Candle[] {
    return [...this.#byStart.values()]
      .filter(({ startUs }) => startUs >= fromUs && startUs < toUs)
      .sort((a, b) => a.startUs - b.startUs);
  }
}

/** A compensated sum, renormalized: twice the digits of a number. */
class Sum {
  /** The sum. */
  total = 0;
  #rest = 0;

  add(value: number): void {
    const next = this.total + value;
    const taken = next - this.total;
    this.#rest += (this.total - (next - taken)) + (value - taken);
    this.total = next + this.#rest;
    this.#rest -= this.total - next;
  }

  clear(): void {
    this.total = this.#rest = 0;
  }
}

const FIELDS = 3;
/** Initial capacity, trades. */
const TRADES_FIRST = 64;
/** Capacity kept when the window is empty, trades. */
const TRADES_KEPT = 4096;

/**
 * Sliding window over a market's trades. The sums are precise enough to depend only on the trades
 * in the window, not on those that left it.
 */
export class TradeWindow {
  #us: number;
  /** Ring buffer of time, price and size per trade. */
  #trades = new Float64Array(TRADES_FIRST * FIELDS);
  #first = 0;
  #count = 0;
  #size = new Sum();
  #notional = new Sum();

  /** Creates a window of `us` µs. */
  constructor(us: number) {
    this.#us = us;
  }

  /** Adds the next trade. */
  add(timeUs: number, price: number, size: number): void {
    if ((this.#count + 1) * FIELDS > this.#trades.length) this.#grow();
    const trades = this.#trades;
    const at = (this.#first + this.#count * FIELDS) % trades.length;
    trades[at] = timeUs;
    trades[at + 1] = price;
    trades[at + 2] = size;
    this.#count++;
    this.#size.add(size);
    this.#notional.add(price * size);
  }

  #grow(): void {
    const before = this.#trades;
    const trades = new Float64Array(before.length * 2);
    trades.set(before.subarray(this.#first));
    trades.set(before.subarray(0, this.#first), before.length - this.#first);
    this.#trades = trades;
    this.#first = 0;
  }

  /** Drops trades older than the window that ends at `timeUs` (inclusive). */
  passTo(timeUs: number): void {
    const firstUs = timeUs - this.#us;
    const trades = this.#trades;
    if (this.#count === 0 || (trades[this.#first] as number) > firstUs) return;
    while (this.#count > 0 && (trades[this.#first] as number) <= firstUs) {
      const size = trades[this.#first + 2] as number;
      this.#size.add(-size);
      this.#notional.add(-(trades[this.#first + 1] as number) * size);
      this.#first = (this.#first + FIELDS) % trades.length;
      this.#count--;
    }
    if (this.#count > 0) return;
    this.#size.clear();
    this.#notional.clear();
    if (trades.length > TRADES_KEPT * FIELDS) {
      this.#trades = new Float64Array(TRADES_FIRST * FIELDS);
      this.#first = 0;
    }
  }

  /** Total size. */
  get volume(): number {
    return this.#size.total;
  }

  /** Size-weighted mean price; NaN = no trades. */
  get vwap(): number {
    return this.#notional.total / this.#size.total;
  }
}

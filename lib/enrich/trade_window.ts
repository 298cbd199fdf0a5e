/** A sum with what its last digits lost, renormalized: twice the digits of a number. */
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
/** Trades for which there is room at first. */
const TRADES_FIRST = 64;
/** Room that is kept for more while there are none. */
const TRADES_KEPT = 4096;

/**
 * The trades of the last time of a market. Sums have so many digits that those of a window depend on
 * the trades in it only, and not on those that have left it.
 */
export class TradeWindow {
  #us: number;
  /** Time, price and size of each trade, one behind the other, in a ring. */
  #trades = new Float64Array(TRADES_FIRST * FIELDS);
  #first = 0;
  #count = 0;
  #size = new Sum();
  #notional = new Sum();

  /** Of the last `us` µs. */
  constructor(us: number) {
    this.#us = us;
  }

  /** Takes the next trade. */
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

  /** Lets go what is not within the last time before `timeUs`, which is. */
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

  /** Sizes together. */
  get volume(): number {
    return this.#size.total;
  }

  /** Mean price by size; NaN = there is no trade. */
  get vwap(): number {
    return this.#notional.total / this.#size.total;
  }
}

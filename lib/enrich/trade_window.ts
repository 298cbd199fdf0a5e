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

/**
 * The trades of the last time of a market. Sums have so many digits that those of a window depend on
 * the trades in it only, and not on those that have left it.
 */
export class TradeWindow {
  #us: number;
  #times: number[] = [];
  #prices: number[] = [];
  #sizes: number[] = [];
  #head = 0;
  #size = new Sum();
  #notional = new Sum();

  /** Of the last `us` µs. */
  constructor(us: number) {
    this.#us = us;
  }

  /** Takes the next trade. */
  add(timeUs: number, price: number, size: number): void {
    this.#times.push(timeUs);
    this.#prices.push(price);
    this.#sizes.push(size);
    this.#size.add(size);
    this.#notional.add(price * size);
  }

  /** Lets go what is not within the last time before `timeUs`, which is. */
  passTo(timeUs: number): void {
    const firstUs = timeUs - this.#us;
    while (this.#head < this.#times.length && (this.#times[this.#head] as number) <= firstUs) {
      const size = this.#sizes[this.#head] as number;
      this.#size.add(-size);
      this.#notional.add(-(this.#prices[this.#head] as number) * size);
      this.#head++;
    }
    if (this.#head === 0) return;
    if (this.#head === this.#times.length) {
      this.#size.clear();
      this.#notional.clear();
      this.#compact();
    } else if (this.#head > 1024 && this.#head * 2 > this.#times.length) this.#compact();
  }

  #compact(): void {
    for (const list of [this.#times, this.#prices, this.#sizes]) list.splice(0, this.#head);
    this.#head = 0;
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

/** A sum with what its last digits lost (Neumaier). */
class Sum {
  #value = 0;
  #rest = 0;

  add(value: number): void {
    const next = this.#value + value;
    this.#rest += Math.abs(this.#value) >= Math.abs(value)
      ? (this.#value - next) + value
      : (value - next) + this.#value;
    this.#value = next;
  }

  get total(): number {
    return this.#value + this.#rest;
  }
}

/**
 * The trades of the last time of a market. A sum is always made from the oldest trade to the newest,
 * so it depends on the trades in the window only, and not on those that have left it.
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
    const before = this.#head;
    const firstUs = timeUs - this.#us;
    while (this.#head < this.#times.length && (this.#times[this.#head] as number) <= firstUs) {
      this.#head++;
    }
    if (this.#head === before) return;
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) this.#compact();
    this.#size = new Sum();
    this.#notional = new Sum();
    for (let i = this.#head; i < this.#times.length; i++) {
      this.#size.add(this.#sizes[i] as number);
      this.#notional.add((this.#prices[i] as number) * (this.#sizes[i] as number));
    }
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

import type { MarketEvent } from "@ssmd/market";
import type { RangeCheck } from "@ssmd/metadata";
import { Checker } from "./checker.ts";

/** Checks that a field is within its range; absent values pass. */
export class Range extends Checker {
  #field: string;
  #min: number;
  #max: number;

  /** Creates the check. */
  constructor({ field, min = -Infinity, max = Infinity }: RangeCheck) {
    super();
    this.#field = field;
    this.#min = min;
    this.#max = max;
  }

  override see(event: MarketEvent): void {
    const wrong = event.type === "orderbook"
      ? this.#wrongIn(event.bids) ?? this.#wrongIn(event.asks)
      : this.#wrong((event as unknown as Record<string, unknown>)[this.#field]);
    if (wrong === undefined) return;
    this.offenders.add(event, () => {
      const low = wrong < this.#min;
      const limit = low ? `at least ${this.#min}` : `at most ${this.#max}`;
      return `${this.#field} is ${wrong}; ${limit}`;
    });
  }

  #wrongIn(levels: readonly { price: number; size: number }[]): number | undefined {
    const name = this.#field === "size" ? "size" : "price";
    for (let i = 0; i < levels.length; i++) {
      const wrong = this.#wrong(levels[i]?.[name]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  /** Returns the value when out of range; NaN always is. */
  #wrong(value: unknown): number | undefined {
    if (typeof value !== "number") return undefined;
    return value >= this.#min && value <= this.#max ? undefined : value;
  }
}

/** A trade as far as it is compared with its repeat. */
interface ComparedTrade {
  symbol: string;
  id: number;
  price: number;
  size: number;
}

/** A power of two: more than the 50 trades that a snapshot repeats. */
const KEPT = 64;
/** Numbers per trade: id, price, size. */
const WIDTH = 3;
/** Index of a trade; faster than `%` of a double. */
const indexOf = (id: number) => (id & (KEPT - 1)) * WIDTH;

/** Values of a pair's newest trades. */
export class RecentTrades {
  /** Allocated with the first trade: most pairs of a large capture are quiet. */
  #values: Float64Array | undefined;

  /** Keeps a trade in place of the one of `KEPT` ids before. */
  add({ id, price, size }: ComparedTrade): void {
    const values = this.#values ??= new Float64Array(KEPT * WIDTH);
    const at = indexOf(id);
    values[at] = id;
    values[at + 1] = price;
    values[at + 2] = size;
  }

  /** Returns how a repeated trade differs from the kept one; undefined = it does not, or none is. */
  conflictOf({ symbol, id, price, size }: ComparedTrade): string | undefined {
    const values = this.#values;
    const at = indexOf(id);
    if (values === undefined || values[at] !== id) return undefined;
    const [keptPrice, keptSize] = [values[at + 1], values[at + 2]];
    if (keptPrice === price && keptSize === size) return undefined;
    return `Trade ${id} of ${symbol} came again with ${size} at ${price}: ` +
      `${keptSize} at ${keptPrice} is recorded.`;
  }
}

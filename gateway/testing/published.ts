import type { OrderBook } from "@ssmd/market";

/** Published records in order, to check clients' accounts against. */
export class Published {
  /** The true books. */
  readonly books: ReadonlyMap<string, OrderBook>;
  /** Offset from a record's sequence to its position; known from the first message received. */
  base = 0;
  #records = new Map<string, number[]>();

  constructor(books: ReadonlyMap<string, OrderBook>) {
    this.books = books;
  }

  /** Stores a record by its number. */
  note(type: string, symbol: string, sequence: number): void {
    const key = `${type} ${symbol}`;
    const known = this.#records.get(key);
    if (known === undefined) this.#records.set(key, [sequence]);
    else known.push(sequence);
  }

  /** Trades and tickers in `(from, to]` of these symbols. */
  countOf(
    { symbols, types }: { symbols: readonly string[]; types: readonly string[] },
    from: number,
    to: number,
  ): number {
    let count = 0;
    for (const type of ["trade", "ticker"]) {
      if (!types.includes(type)) continue;
      for (const symbol of symbols) count += this.#count(`${type} ${symbol}`, from, to);
    }
    return count;
  }

  /** Gaps in `(from, to]` of these symbols and of the feed. */
  gapsOf({ symbols }: { symbols: readonly string[] }, from: number, to: number): number {
    return [...symbols, "_all"].reduce((sum, s) => sum + this.#count(`gap ${s}`, from, to), 0);
  }

  /** Number of the previous book record of a symbol; 0 = this is the first. */
  bookBefore(symbol: string, sequence: number): number {
    const list = this.#records.get(`orderbook ${symbol}`) ?? [];
    return list[indexAfter(list, sequence - 1) - 1] ?? 0;
  }

  #count(key: string, from: number, to: number): number {
    const list = this.#records.get(key) ?? [];
    return indexAfter(list, to - this.base) - indexAfter(list, from - this.base);
  }
}

/** Index of the first item above a value. */
function indexAfter(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

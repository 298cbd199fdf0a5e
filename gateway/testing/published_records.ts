import type { FakeConnector } from "./fake_connector.ts";

/** A published record, as far as clients are checked against it. */
interface PublishedRecord {
  /** Its number at the connector; its position is this and the base. */
  sequence: number;
  /** For books: the whole book after it. */
  book: string;
}

/** Records that a connector published, by type and market, with the books after each. */
export class PublishedRecords {
  /** Offset from a record's sequence to its position. */
  base = 0;
  #connector: FakeConnector;
  #byKey = new Map<string, PublishedRecord[]>();

  constructor(connector: FakeConnector) {
    this.#connector = connector;
  }

  /** Position of the newest record. */
  get position(): number {
    return this.base + this.#connector.sequence;
  }

  /** Publishes a record and notes it, first, as clients of this process may get it within the call. */
  add(type: string, symbol: string, publish: () => void): void {
    const key = `${type} ${symbol}`;
    const list = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, list);
    const record: PublishedRecord = { sequence: this.#connector.sequence + 1, book: "" };
    list.push(record);
    publish();
    const book = this.#connector.books.get(symbol);
    if (type === "orderbook" && book !== undefined) {
      record.book = textOf(book.bids, book.asks);
    }
  }

  /** Markets with a record of any type. */
  get symbols(): string[] {
    return [...new Set([...this.#byKey.keys()].map((key) => key.split(" ")[1] as string))];
  }

  /** Position of the first record of a key after a position; undefined = none. */
  after(key: string, position: number): number | undefined {
    const next = this.#byKey.get(key)?.find(({ sequence }) => this.base + sequence > position);
    return next === undefined ? undefined : this.base + next.sequence;
  }

  /** Sequence of the newest record of a key; 0 = none. */
  last(key: string): number {
    return this.#byKey.get(key)?.at(-1)?.sequence ?? 0;
  }

  /** The whole book as of a position; undefined = none by then. */
  bookAt(symbol: string, position: number): string | undefined {
    return this.#byKey.get(`orderbook ${symbol}`)
      ?.findLast(({ sequence }) => this.base + sequence <= position)?.book;
  }
}

/** Sides of a book as one text. */
export function textOf(...sides: { prices: number[]; sizes: number[] }[]): string {
  return JSON.stringify(sides.map(({ prices, sizes }) => prices.map((p, i) => [p, sizes[i]])));
}

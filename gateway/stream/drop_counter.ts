import { STREAM_TYPES } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";

/** Maximum number of listed books; the total number is always sent. */
const LISTED_MAX = 100;

/** Counts dropped messages that are not reported yet. */
export class DropCounter {
  #count = 0;
  #byType: number[] | undefined;
  #sinceUs = 0;
  #books: Set<string> | undefined;

  /** Dropped messages that are not reported yet. */
  get count(): number {
    return this.#count;
  }

  /** Counts a message by its type's index; `book` is the symbol of a book that the drop breaks. */
  add(type: number, book?: string): void {
    if (book !== undefined) (this.#books ??= new Set()).add(book);
    if (this.#count++ === 0) this.#sinceUs = nowUs();
    this.#byType ??= STREAM_TYPES.map(() => 0);
    this.#byType[type] = (this.#byType[type] ?? 0) + 1;
  }

  /** Takes the `dropped` message; resets the counts. */
  takeMessage(policy: string): string {
    const types: Record<string, number> = {};
    STREAM_TYPES.forEach((type, i) => {
      const count = this.#byType?.[i] ?? 0;
      if (count > 0) types[type] = count;
    });
    const message = {
      type: "dropped",
      count: this.#count,
      since: this.#sinceUs / 1000,
      until: Date.now(),
      types,
      policy,
      ...this.#brokenBooks(),
    };
    this.#count = 0;
    this.#byType = this.#books = undefined;
    return JSON.stringify(message);
  }

  #brokenBooks(): Record<string, unknown> {
    if (this.#books === undefined) return {};
    const books = [...this.#books];
    return { books: books.slice(0, LISTED_MAX), books_count: books.length };
  }
}

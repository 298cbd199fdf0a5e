import type { PageEnd } from "./encoded_chunk.ts";

/** A page of a column's values: the first one, and the one behind the last. */
export interface PageSpan {
  from: PageEnd;
  to: PageEnd;
}

/** Where the pages of a column end. */
export class PageEnds {
  #ends: PageEnd[] = [];

  add(levels: number, values: number): void {
    this.#ends.push({ levels, values });
  }

  get spans(): PageSpan[] {
    return this.#ends.map((to, i) => ({ from: this.#ends[i - 1] ?? { levels: 0, values: 0 }, to }));
  }

  clear(): void {
    this.#ends = [];
  }
}

import type { PageEnd } from "./encoded_chunk.ts";

/** Range of a page in a column's values; `to` is exclusive. */
export interface PageSpan {
  from: PageEnd;
  to: PageEnd;
}

/** Ends of a column's pages. */
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

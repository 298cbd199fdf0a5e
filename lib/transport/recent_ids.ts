/**
 * Remembers which ids were seen lately, in two generations: at least the newest `idsMax`, at most
 * twice as many. What is older is forgotten, as with the duplicate window of a stream.
 */
export class RecentIds {
  #idsMax: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** Remembers at least the newest `idsMax` ids. */
  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  /** Notes `id`; false when it was seen before. */
  add(id: string): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return false;
    if (this.#young.size >= this.#idsMax) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    return true;
  }
}

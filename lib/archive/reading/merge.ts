import type { MarketEvent } from "@ssmd/market";
import type { Block, Corruption, Cursor } from "./block.ts";
import { compareRecords } from "./record_order.ts";

/**
 * Merges blocks whose records overlap in time. Opens a block only when all records before its start
 * were taken, so only overlapping blocks are open.
 */
export class Merge {
  /** Sorted by `fromUs` descending; the earliest is last. */
  #waiting: Block[] = [];
  #isSorted = true;
  #open: Cursor[] = [];
  #corruptions: Corruption[] = [];

  /** Adds unopened blocks. */
  add(blocks: readonly Block[]): void {
    this.#waiting.push(...blocks);
    this.#isSorted = false;
  }

  /** Whether nothing is left. */
  get isEmpty(): boolean {
    return this.#waiting.length + this.#open.length + this.#corruptions.length === 0;
  }

  /**
   * Appends records before `untilUs` to `batch`, up to `max` in it. Returns a corruption after all
   * records before it; true when more records before `untilUs` may follow; else false.
   */
  take(batch: MarketEvent[], max: number, untilUs: number): Corruption | boolean {
    for (;;) {
      const blockUs = this.#nextBlockUs();
      const corruption = this.#corruptions[0];
      const limitUs = Math.min(untilUs, blockUs, corruption?.atUs ?? Infinity);
      if (this.#takeBefore(batch, max, limitUs)) return true;
      if (corruption !== undefined && corruption.atUs === limitUs) {
        this.#corruptions.shift();
        return corruption;
      }
      if (blockUs >= untilUs) return false;
      this.#openNext();
    }
  }

  #nextBlockUs(): number {
    if (!this.#isSorted) {
      this.#waiting.sort((a, b) => b.fromUs - a.fromUs);
      this.#isSorted = true;
    }
    return this.#waiting.at(-1)?.fromUs ?? Infinity;
  }

  #openNext(): void {
    const { cursor, corruption } = this.#waiting.pop()?.open() ?? {};
    if (corruption !== undefined) this.#addCorruption(corruption);
    if (cursor === undefined) return;
    this.#open.push(cursor);
    this.#siftUp(this.#open.length - 1);
  }

  #addCorruption(corruption: Corruption): void {
    this.#corruptions.push(corruption);
    this.#corruptions.sort((a, b) => a.atUs - b.atUs);
  }

  /** Returns true when the batch is full. */
  #takeBefore(batch: MarketEvent[], max: number, limitUs: number): boolean {
    const open = this.#open;
    for (;;) {
      const top = open[0];
      if (top === undefined || top.record.receivedAtUs >= limitUs) return false;
      if (batch.length >= max) return true;
      const rival = this.#rival();
      // While no other cursor is earlier, the heap needs no change.
      for (;;) {
        batch.push(top.record);
        if (!top.advance()) {
          this.#removeTop();
          if (top.corruption === undefined) break;
          this.#addCorruption(top.corruption);
          return false;
        }
        const { record } = top;
        if (rival !== undefined && compareRecords(rival.record, record) < 0) {
          this.#siftDown(0);
          break;
        }
        if (record.receivedAtUs >= limitUs || batch.length >= max) break;
      }
    }
  }

  /** Returns the second cursor in order. */
  #rival(): Cursor | undefined {
    const left = this.#open[1];
    const right = this.#open[2];
    if (left === undefined || right === undefined) return left;
    return compareRecords(right.record, left.record) < 0 ? right : left;
  }

  #removeTop(): void {
    const last = this.#open.pop();
    if (last === undefined || this.#open.length === 0) return;
    this.#open[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    const open = this.#open;
    let at = start;
    const item = open[at] as Cursor;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = open[parent] as Cursor;
      if (compareRecords(above.record, item.record) <= 0) break;
      open[at] = above;
      at = parent;
    }
    open[at] = item;
  }

  #siftDown(start: number): void {
    const open = this.#open;
    const item = open[start] as Cursor;
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= open.length) break;
      const right = open[child + 1];
      const left = open[child] as Cursor;
      if (right !== undefined && compareRecords(right.record, left.record) < 0) child++;
      const least = open[child] as Cursor;
      if (compareRecords(least.record, item.record) >= 0) break;
      open[at] = least;
      at = child;
    }
    open[at] = item;
  }
}

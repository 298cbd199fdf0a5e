import { SsmdError } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";

/** Ms of reading after which the live stream gets its turn. */
const TURN_MS = 4;

/** Too many requests read in the archive already. */
export class ArchiveBusy extends SsmdError {
  constructor() {
    super("ARCHIVE_BUSY", "too many requests read in the archive now", {
      hint: "Ask again in a second; ask for less at once",
      retryable: true,
    });
  }
}

/**
 * Lets a few requests read in the archive at the same time, and all of them only between the live
 * records: unpacking is work of this very thread.
 */
export class ReadingSlots {
  #busy = 0;
  #waiting: (() => void)[] = [];
  #turnMs = 0;

  /** Requests that read or wait. */
  get length(): number {
    return this.#busy + this.#waiting.length;
  }

  /** Gives the items of `read` while it has a slot. Throws {@linkcode ArchiveBusy}. */
  async *reading<T>(read: () => AsyncIterable<T>): AsyncGenerator<T, void> {
    await this.#acquire();
    try {
      for await (const item of read()) {
        yield item;
        await this.#yieldTurn();
      }
    } finally {
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    if (this.#busy < GATEWAY_LIMITS.archiveReadsMax) {
      this.#busy++;
      return;
    }
    if (this.#waiting.length >= GATEWAY_LIMITS.archiveReadsWaitingMax) throw new ArchiveBusy();
    // The slot of the one that leaves goes over without being free in between.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy--;
    else next();
  }

  async #yieldTurn(): Promise<void> {
    if (performance.now() - this.#turnMs < TURN_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#turnMs = performance.now();
  }
}

import { SsmdError } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";

/** Reading time after which the event loop gets a turn, ms. */
const TURN_MS = 4;

/** Too many requests already read the archive. */
export class ArchiveBusy extends SsmdError {
  constructor() {
    super("ARCHIVE_BUSY", "too many requests read in the archive now", {
      hint: "Ask again in a second; ask for less at once",
      retryable: true,
    });
  }
}

/**
 * Limits concurrent reads of the archive, and yields to live records between batches: decompression
 * runs on the same thread.
 */
export class ReadingSlots {
  #busy = 0;
  #waiting: (() => void)[] = [];
  #turnMs = 0;

  /** Number of requests that read or wait. */
  get length(): number {
    return this.#busy + this.#waiting.length;
  }

  /** Yields the items of `read` while holding a slot. Throws {@linkcode ArchiveBusy}. */
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
    // A released slot passes directly to the next waiter.
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

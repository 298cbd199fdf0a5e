import type { Block } from "./block.ts";
import type { Unit } from "./unit.ts";

/** Limits of prefetching. */
export interface ReadAheadOptions {
  /** Bytes fetched and not taken yet; one unit is fetched regardless of its size. */
  bytesMax: number;
  /** Concurrent requests. */
  requestsMax: number;
}

type Outcome = { blocks: Block[] } | { error: unknown };

/** Prefetches units in time order. */
export class ReadAhead {
  #units: readonly Unit[];
  #options: ReadAheadOptions;
  #outcomes: Promise<Outcome>[] = [];
  #started = 0;
  #taken = 0;
  #heldBytes = 0;
  #requests = 0;

  /** Starts fetching. */
  constructor(units: readonly Unit[], options: ReadAheadOptions) {
    this.#units = units.toSorted((a, b) => a.fromUs - b.fromUs);
    this.#options = options;
    this.#start();
  }

  /** The next unit; undefined at the end. */
  get next(): Unit | undefined {
    return this.#units[this.#taken];
  }

  /** Returns the blocks of the next unit. Throws what its fetch threw. */
  async take(): Promise<Block[]> {
    const unit = this.next;
    const outcome = await this.#outcomes[this.#taken];
    if (unit === undefined || outcome === undefined) return [];
    delete this.#outcomes[this.#taken++];
    this.#heldBytes -= unit.bytes;
    this.#start();
    if ("error" in outcome) throw outcome.error;
    return outcome.blocks;
  }

  /** Stops fetching and waits for pending requests. */
  async close(): Promise<void> {
    this.#units = [];
    await Promise.all(this.#outcomes);
  }

  #start(): void {
    const { bytesMax, requestsMax } = this.#options;
    while (this.#started < this.#units.length && this.#requests < requestsMax) {
      const unit = this.#units[this.#started] as Unit;
      const isNext = this.#started === this.#taken;
      if (!isNext && this.#heldBytes + unit.bytes > bytesMax) return;
      this.#heldBytes += unit.bytes;
      this.#requests++;
      this.#outcomes[this.#started++] = this.#fetch(unit);
    }
  }

  /** Never rejects: a failure surfaces when its unit is taken. */
  async #fetch(unit: Unit): Promise<Outcome> {
    try {
      return { blocks: await unit.fetch() };
    } catch (error) {
      return { error };
    } finally {
      this.#requests--;
      this.#start();
    }
  }
}

import type { Block } from "./block.ts";
import type { Unit } from "./unit.ts";

/** Bounds of what is fetched before its time. */
export interface ReadAheadOptions {
  /** Bytes fetched and not taken yet; one unit is fetched however long it is. */
  bytesMax: number;
  /** Requests at the same time. */
  requestsMax: number;
}

type Outcome = { blocks: Block[] } | { error: unknown };

/** Fetches units in the order of time, some before they are asked for. */
export class ReadAhead {
  #units: readonly Unit[];
  #options: ReadAheadOptions;
  #outcomes: Promise<Outcome>[] = [];
  #started = 0;
  #taken = 0;
  #heldBytes = 0;
  #requests = 0;

  /** Begins to fetch. */
  constructor(units: readonly Unit[], options: ReadAheadOptions) {
    this.#units = units.toSorted((a, b) => a.fromUs - b.fromUs);
    this.#options = options;
    this.#start();
  }

  /** The unit that comes next; undefined at the end. */
  get next(): Unit | undefined {
    return this.#units[this.#taken];
  }

  /** What was fetched of the next unit. Throws what its fetch threw. */
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

  /** Waits for what is on its way, and fetches nothing more. */
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

  /** Never rejects: a failure is told when its unit is taken. */
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

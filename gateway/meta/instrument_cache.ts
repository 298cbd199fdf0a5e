import type { Cache } from "@ssmd/cache";
import type { InstrumentFile } from "@ssmd/metadata";

/** Hash of the cache with all instruments: id → JSON of the instrument's file. */
const INSTRUMENT_HASH = "secmaster:instruments";
const FLUSH_MS = 100;
/** Pause between two looks whether the cache is there. */
const LOOK_MS = 1000;

/**
 * The view of the security master in the cache, for who reads no files and follows no bus. Written a
 * little later, many at once; several gateways write the same. A cache that was away gets all again.
 */
export class InstrumentCache {
  #cache: Cache;
  #changed = new Map<string, string>();
  #removed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #all: () => Iterable<InstrumentFile>;
  #wasAway = false;
  #looking: ReturnType<typeof setInterval>;

  /** Writes into `cache`, which is not closed with it; `all` = what is known. */
  constructor(cache: Cache, all: () => Iterable<InstrumentFile>, lookMs = LOOK_MS) {
    this.#cache = cache;
    this.#all = all;
    this.#looking = setInterval(() => void this.#look().catch(() => {}), lookMs);
  }

  async #look(): Promise<void> {
    if (this.#cache.problem !== "") {
      this.#wasAway = true;
      // For its answer only: one that is away is not tried by itself.
      await this.#cache.exists(INSTRUMENT_HASH);
    } else if (this.#wasAway) {
      this.#wasAway = false;
      for (const instrument of this.#all()) this.put(instrument);
      const stored = await this.#cache.hashGetAll(INSTRUMENT_HASH);
      const known = new Set(Array.from(this.#all(), ({ id }) => id));
      for (const id of stored.keys()) if (!known.has(id)) this.remove(id);
    }
  }

  /** An instrument is new or another. */
  put(instrument: InstrumentFile): void {
    this.#removed.delete(instrument.id);
    this.#changed.set(instrument.id, JSON.stringify(instrument));
    this.#schedule();
  }

  /** An instrument is gone. */
  remove(id: string): void {
    this.#changed.delete(id);
    this.#removed.add(id);
    this.#schedule();
  }

  /** Writes nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const [changed, removed] = [this.#changed, this.#removed];
      [this.#changed, this.#removed] = [new Map(), new Set()];
      // A cache that is away says so itself; what it misses is written when it is back.
      void this.#cache.hashSet(INSTRUMENT_HASH, changed).catch(() => {});
      if (removed.size > 0) {
        void this.#cache.hashDelete(INSTRUMENT_HASH, ...removed).catch(() => {});
      }
    }, FLUSH_MS);
  }
}

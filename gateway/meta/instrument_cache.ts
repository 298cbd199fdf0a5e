import type { Cache } from "@ssmd/cache";
import type { InstrumentFile } from "@ssmd/metadata";

/** Hash of the cache with all instruments: id → JSON of the instrument's file. */
const INSTRUMENT_HASH = "secmaster:instruments";
const FLUSH_MS = 100;

/**
 * The view of the security master in the cache, for who reads no files and follows no bus. Written a
 * little later, many at once; several gateways write the same.
 */
export class InstrumentCache {
  #cache: Cache;
  #changed = new Map<string, string>();
  #removed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Writes into `cache`, which is not closed with it. */
  constructor(cache: Cache) {
    this.#cache = cache;
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
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const [changed, removed] = [this.#changed, this.#removed];
      [this.#changed, this.#removed] = [new Map(), new Set()];
      // A cache that is away says so itself; what it misses is written with the next change.
      void this.#cache.hashSet(INSTRUMENT_HASH, changed).catch(() => {});
      if (removed.size > 0) {
        void this.#cache.hashDelete(INSTRUMENT_HASH, ...removed).catch(() => {});
      }
    }, FLUSH_MS);
  }
}

import type { Cache } from "@ssmd/cache";
import type { InstrumentFile } from "@ssmd/metadata";

/** Hash of the cache with all instruments: id → JSON of the instrument's file. */
const INSTRUMENT_HASH = "secmaster:instruments";
const FLUSH_MS = 100;
/** Interval of checks whether the cache is reachable, ms. */
const LOOK_MS = 1000;

/**
 * View of the security master in the cache, for programs that read neither files nor the bus.
 * Writes are batched; several gateways write the same. After an outage everything is written again.
 */
export class InstrumentCache {
  #cache: Cache;
  #changed = new Map<string, string>();
  #removed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #all: () => Iterable<InstrumentFile>;
  #wasAway = false;
  #looking: ReturnType<typeof setInterval>;

  /** Writes into `cache`, which it does not close; `all` returns all known instruments. */
  constructor(cache: Cache, all: () => Iterable<InstrumentFile>, lookMs = LOOK_MS) {
    this.#cache = cache;
    this.#all = all;
    this.#looking = setInterval(() => void this.#look().catch(() => {}), lookMs);
  }

  async #look(): Promise<void> {
    if (this.#cache.problem !== "") {
      this.#wasAway = true;
      // Probes an unreachable cache, which is retried by calls only.
      await this.#cache.exists(INSTRUMENT_HASH);
    } else if (this.#wasAway) {
      this.#wasAway = false;
      for (const instrument of this.#all()) this.put(instrument);
      const stored = await this.#cache.hashGetAll(INSTRUMENT_HASH);
      const known = new Set(Array.from(this.#all(), ({ id }) => id));
      for (const id of stored.keys()) if (!known.has(id)) this.remove(id);
    }
  }

  /** Schedules the write of a new or changed instrument. */
  put(instrument: InstrumentFile): void {
    this.#removed.delete(instrument.id);
    this.#changed.set(instrument.id, JSON.stringify(instrument));
    this.#schedule();
  }

  /** Schedules the removal of an instrument. */
  remove(id: string): void {
    this.#changed.delete(id);
    this.#removed.add(id);
    this.#schedule();
  }

  /** Stops writing. */
  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const [changed, removed] = [this.#changed, this.#removed];
      [this.#changed, this.#removed] = [new Map(), new Set()];
      // The cache reports its outages itself; missed writes are repeated after it is back.
      void this.#cache.hashSet(INSTRUMENT_HASH, changed).catch(() => {});
      if (removed.size > 0) {
        void this.#cache.hashDelete(INSTRUMENT_HASH, ...removed).catch(() => {});
      }
    }, FLUSH_MS);
  }
}

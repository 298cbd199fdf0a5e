import { CacheError, CircuitBreaker, type Health, type Logger } from "@ssmd/runtime";
import type { Cache, KeepOptions } from "./cache.ts";
import { noCache } from "./none.ts";

/** Options for watching a service's cache. */
export interface OptionalCacheOptions {
  logger: Logger;
  /** Receives the condition `cache` of the component `cache`. */
  health: Health;
}

/** Error codes caused by the caller, not by the cache. */
const CALLERS_OWN: ReadonlySet<string> = new Set([
  "CACHE_KEY_INVALID",
  "CACHE_WRONG_TYPE",
  "CACHE_CLOSED",
]);

/**
 * A cache that a service can work without: while it is unavailable, calls behave as if it were
 * empty, at once when its circuit breaker is open. Logs the first failure; health reports the cause
 * until it works again.
 */
export class OptionalCache implements Cache {
  readonly type: Cache["type"];
  readonly location: string;
  #cache: Cache;
  #none = noCache();
  #logger: Logger;
  #circuit: CircuitBreaker;
  #isAway = false;
  #removeCheck: () => void;

  /** Watches `cache` and closes it with itself. */
  constructor(cache: Cache, { logger, health }: OptionalCacheOptions) {
    this.#cache = cache;
    this.#logger = logger;
    this.type = cache.type;
    this.location = cache.location;
    this.#circuit = new CircuitBreaker({
      ...{ name: "cache", location: cache.location, error: CacheError, isFailure: isCachesOwn },
    });
    const checks = health.component("cache");
    checks.addCircuit(this.#circuit);
    checks.notice("cache", () => this.problem || undefined);
    this.#removeCheck = () => checks.close();
  }

  get problem(): string {
    return this.#circuit.problem ?? this.#cache.problem;
  }

  get(key: string): Promise<string | undefined> {
    return this.#do((cache) => cache.get(key));
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#do((cache) => cache.getMany(keys));
  }

  set(key: string, value: string, options?: KeepOptions): Promise<void> {
    return this.#do((cache) => cache.set(key, value, options));
  }

  setMany(values: ReadonlyMap<string, string>, options?: KeepOptions): Promise<void> {
    return this.#do((cache) => cache.setMany(values, options));
  }

  setIfAbsent(key: string, value: string, options?: KeepOptions): Promise<boolean> {
    return this.#do((cache) => cache.setIfAbsent(key, value, options));
  }

  increment(key: string, by?: number): Promise<number> {
    return this.#do((cache) => cache.increment(key, by));
  }

  exists(key: string): Promise<boolean> {
    return this.#do((cache) => cache.exists(key));
  }

  delete(...keys: string[]): Promise<number> {
    return this.#do((cache) => cache.delete(...keys));
  }

  hashGet(key: string, field: string): Promise<string | undefined> {
    return this.#do((cache) => cache.hashGet(key, field));
  }

  hashGetAll(key: string): Promise<Map<string, string>> {
    return this.#do((cache) => cache.hashGetAll(key));
  }

  hashSet(key: string, fields: ReadonlyMap<string, string>): Promise<void> {
    return this.#do((cache) => cache.hashSet(key, fields));
  }

  hashDelete(key: string, ...fields: string[]): Promise<number> {
    return this.#do((cache) => cache.hashDelete(key, ...fields));
  }

  async close(): Promise<void> {
    this.#removeCheck();
    await this.#cache.close();
  }

  async #do<T>(call: (cache: Cache) => Promise<T>): Promise<T> {
    try {
      const answer = await this.#circuit.run(() => call(this.#cache));
      if (this.#isAway) this.#logger.info("the cache answers again", { at: this.location });
      this.#isAway = false;
      return answer;
    } catch (error) {
      if (!isCachesOwn(error)) throw error;
      if (!this.#isAway) {
        this.#logger.warn("the cache is away: values are read from their source", { error });
      }
      this.#isAway = true;
      return await call(this.#none);
    }
  }
}

function isCachesOwn(error: unknown): boolean {
  return error instanceof CacheError && !CALLERS_OWN.has(error.code);
}

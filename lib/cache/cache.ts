/** Options of a stored value. */
export interface KeepOptions {
  /** Time to live, ms; absent = until deleted or evicted. */
  ttlMs?: number;
}

/**
 * Key-value cache. Values may be lost at any time: by TTL, eviction, or the end of the process or
 * server; so it holds only what can be read again from its source. Keys and values are text; each
 * environment has its own keys, `{env}:{key}` on a shared server. Rejects with CacheError:
 * `CACHE_UNAVAILABLE` (retryable), `CACHE_UNAUTHORIZED`, `CACHE_WRONG_TYPE` (a hash instead of
 * text, or not a number), `CACHE_KEY_INVALID`, `CACHE_FAILED`, `CACHE_CLOSED`.
 */
export interface Cache {
  /** Driver type. */
  readonly type: "none" | "memory" | "redis";
  /** Location for people (`memory`, `redis://host:6379/0`). */
  readonly location: string;
  /** Returns a value; undefined = none. */
  get(key: string): Promise<string | undefined>;
  /** Returns values in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Writes or replaces a value, including its TTL. */
  set(key: string, value: string, options?: KeepOptions): Promise<void>;
  /** Writes or replaces several values atomically. */
  setMany(values: ReadonlyMap<string, string>, options?: KeepOptions): Promise<void>;
  /** Writes a value unless one exists, atomically; true = written. */
  setIfAbsent(key: string, value: string, options?: KeepOptions): Promise<boolean>;
  /** Adds an integer to an integer value (absent = 0) and returns the sum; keeps the TTL. */
  increment(key: string, by?: number): Promise<number>;
  /** Returns whether a value or hash exists. */
  exists(key: string): Promise<boolean>;
  /** Deletes values and hashes; returns how many existed. */
  delete(...keys: string[]): Promise<number>;
  /** Returns a field of a hash; undefined = none. */
  hashGet(key: string, field: string): Promise<string | undefined>;
  /** Returns all fields of a hash; empty = none. */
  hashGetAll(key: string): Promise<Map<string, string>>;
  /** Writes fields of a hash, created if missing; keeps other fields. */
  hashSet(key: string, fields: ReadonlyMap<string, string>): Promise<void>;
  /** Deletes fields of a hash, and the hash with its last one; returns how many existed. */
  hashDelete(key: string, ...fields: string[]): Promise<number>;
  /** Deletes all keys of the environment; returns their number. Absent for per-process caches. */
  clear?(): Promise<number>;
  /** Why calls fail now; "" = they work. */
  readonly problem: string;
  /** Closes the cache; rejects pending calls. */
  close(): Promise<void>;
}

/** How a value is kept. */
export interface KeepOptions {
  /** Milliseconds after which the value is gone; absent = until it is deleted or evicted. */
  ttlMs?: number;
}

/**
 * Values under keys that may be lost at any time: by their time to live, by eviction, with the
 * process, or with the server. So a cache holds only what can be read again from elsewhere.
 * Keys and values are text; each environment has its own keys, written `{env}:{key}` where several
 * share a server. Rejects with a CacheError: `CACHE_UNAVAILABLE` (retryable), `CACHE_UNAUTHORIZED`,
 * `CACHE_WRONG_TYPE` (a hash where text is, or no number), `CACHE_KEY_INVALID`, `CACHE_FAILED`,
 * `CACHE_CLOSED`.
 */
export interface Cache {
  /** Which driver it is. */
  readonly type: "none" | "memory" | "redis";
  /** Where it is, for a person (`memory`, `redis://host:6379/0`). */
  readonly location: string;
  /** The value; undefined = there is none. */
  get(key: string): Promise<string | undefined>;
  /** Values in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Writes or replaces a value, and its time to live with it. */
  set(key: string, value: string, options?: KeepOptions): Promise<void>;
  /** Writes or replaces several values at once; a reader sees all of them or none. */
  setMany(values: ReadonlyMap<string, string>, options?: KeepOptions): Promise<void>;
  /** Writes a value unless there is one, also against other writers; true = it was written. */
  setIfAbsent(key: string, value: string, options?: KeepOptions): Promise<boolean>;
  /** Adds a whole number to a value that is one (absent = 0) and gives the sum; its time to live stays. */
  increment(key: string, by?: number): Promise<number>;
  /** Whether there is a value or hash. */
  exists(key: string): Promise<boolean>;
  /** Removes values and hashes; how many there were. */
  delete(...keys: string[]): Promise<number>;
  /** A field of a hash; undefined = there is none. */
  hashGet(key: string, field: string): Promise<string | undefined>;
  /** All fields of a hash; empty = there is none. */
  hashGetAll(key: string): Promise<Map<string, string>>;
  /** Writes fields of a hash, which is made when it is missing; other fields stay. */
  hashSet(key: string, fields: ReadonlyMap<string, string>): Promise<void>;
  /** Removes fields of a hash, and the hash with its last one; how many there were. */
  hashDelete(key: string, ...fields: string[]): Promise<number>;
  /** Removes all of the environment; how many there were. Absent where it ends with the process. */
  clear?(): Promise<number>;
  /** Why nothing gets through now; "" = it does. */
  readonly problem: string;
  /** Ends it; what waits is rejected. */
  close(): Promise<void>;
}

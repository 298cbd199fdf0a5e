import { LIMITS } from "@ssmd/runtime";
import type { Cache, KeepOptions } from "./cache.ts";
import { assertCacheKey, cacheClosed, wrongType } from "./errors.ts";

/** Options of {@linkcode memoryCache}. */
interface MemoryCacheOptions {
  /** Approximate bytes of keys and values before LRU eviction. Default from LIMITS. */
  bytesMax?: number;
}

/** Creates a bounded LRU cache in the process. */
export function memoryCache(options: MemoryCacheOptions = {}): Cache {
  return new MemoryCache(options);
}

/** Overhead of an entry: map slot, objects, expiry. */
const ENTRY_BYTES = 100;
const WHOLE_NUMBER = /^-?\d{1,15}$/;

interface Entry {
  value: string | Map<string, string>;
  /** Monotonic expiry time, ms; Infinity = never. */
  expiresAtMs: number;
  bytes: number;
}

class MemoryCache implements Cache {
  readonly type = "memory";
  readonly location = "memory";
  readonly problem = "";
  /** Least recently used first: a Map keeps insertion order. */
  #entries = new Map<string, Entry>();
  #bytes = 0;
  #bytesMax: number;
  #closed = false;

  constructor({ bytesMax }: MemoryCacheOptions) {
    this.#bytesMax = bytesMax ?? LIMITS.cacheBytesMax;
  }

  get(key: string): Promise<string | undefined> {
    return this.#do([key], () => this.#textOf(key));
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#do(keys, () =>
      keys.map((key) => {
        const value = this.#find(key)?.value;
        // Like Redis, a value that is not text reads as absent.
        return typeof value === "string" ? value : undefined;
      }));
  }

  set(key: string, value: string, options: KeepOptions = {}): Promise<void> {
    return this.#do([key], () => this.#put(key, value, this.#expiry(options)));
  }

  setMany(values: ReadonlyMap<string, string>, options: KeepOptions = {}): Promise<void> {
    return this.#do([...values.keys()], () => {
      for (const [key, value] of values) this.#put(key, value, this.#expiry(options));
    });
  }

  setIfAbsent(key: string, value: string, options: KeepOptions = {}): Promise<boolean> {
    return this.#do([key], () => {
      if (this.#find(key) !== undefined) return false;
      this.#put(key, value, this.#expiry(options));
      return true;
    });
  }

  increment(key: string, by = 1): Promise<number> {
    return this.#do([key], () => {
      const text = this.#textOf(key) ?? "0";
      const sum = Number(text) + by;
      if (!WHOLE_NUMBER.test(text) || !Number.isSafeInteger(sum)) {
        throw wrongType(key, "a whole number");
      }
      this.#put(key, String(sum), this.#entries.get(key)?.expiresAtMs ?? Infinity);
      return sum;
    });
  }

  exists(key: string): Promise<boolean> {
    return this.#do([key], () => this.#find(key) !== undefined);
  }

  delete(...keys: string[]): Promise<number> {
    return this.#do(keys, () => {
      let count = 0;
      for (const key of keys) {
        if (this.#find(key) === undefined) continue;
        this.#remove(key);
        count++;
      }
      return count;
    });
  }

  hashGet(key: string, field: string): Promise<string | undefined> {
    return this.#do([key], () => this.#hashOf(key)?.get(field));
  }

  hashGetAll(key: string): Promise<Map<string, string>> {
    return this.#do([key], () => new Map(this.#hashOf(key)));
  }

  hashSet(key: string, fields: ReadonlyMap<string, string>): Promise<void> {
    return this.#do([key], () => {
      const hash = this.#hashOf(key) ?? new Map<string, string>();
      if (fields.size === 0) return;
      for (const [field, value] of fields) hash.set(field, value);
      this.#put(key, hash, this.#entries.get(key)?.expiresAtMs ?? Infinity);
    });
  }

  hashDelete(key: string, ...fields: string[]): Promise<number> {
    return this.#do([key], () => {
      const hash = this.#hashOf(key);
      if (hash === undefined) return 0;
      const count = fields.filter((field) => hash.delete(field)).length;
      if (hash.size === 0) this.#remove(key);
      else this.#put(key, hash, this.#entries.get(key)?.expiresAtMs ?? Infinity);
      return count;
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  #do<T>(keys: readonly string[], action: () => T): Promise<T> {
    return Promise.try(() => {
      if (this.#closed) throw cacheClosed();
      keys.forEach(assertCacheKey);
      return action();
    });
  }

  /** Returns an entry and marks it as used; undefined = none, or expired. */
  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs <= performance.now()) {
      this.#remove(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #textOf(key: string): string | undefined {
    const value = this.#find(key)?.value;
    if (value instanceof Map) throw wrongType(key, "text");
    return value;
  }

  #hashOf(key: string): Map<string, string> | undefined {
    const value = this.#find(key)?.value;
    if (typeof value === "string") throw wrongType(key, "a hash");
    return value;
  }

  #expiry({ ttlMs }: KeepOptions): number {
    return ttlMs === undefined ? Infinity : performance.now() + ttlMs;
  }

  #put(key: string, value: Entry["value"], expiresAtMs: number): void {
    this.#remove(key);
    const bytes = ENTRY_BYTES + 2 * key.length + bytesOf(value);
    this.#entries.set(key, { value, expiresAtMs, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

function bytesOf(value: Entry["value"]): number {
  if (typeof value === "string") return 2 * value.length;
  let bytes = 0;
  for (const [field, text] of value) bytes += ENTRY_BYTES + 2 * (field.length + text.length);
  return bytes;
}

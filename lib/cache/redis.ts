import { CacheError, messageOf, withoutVariables } from "@ssmd/runtime";
import type { Redis } from "ioredis";
import type { Cache, KeepOptions } from "./cache.ts";
import { assertCacheKey, cacheClosed, wrongType } from "./errors.ts";

/** Redis credentials. */
export interface RedisCredentials {
  /** ACL user; absent = the default user. */
  user?: string;
  password?: string;
}

/** Options of {@linkcode redisCache}. */
interface RedisCacheOptions {
  /** `redis://host:port/database`, `rediss://` with TLS. */
  url: string;
  /** Prefix of all keys, as several environments may share a server. */
  env: string;
  /** Default: none. */
  credentials?: RedisCredentials;
  /** Re-reads credentials, rotated in place, after a disconnect; absent = static. */
  readCredentials?: () => Promise<RedisCredentials>;
}

const CONNECT_MS_MAX = 5_000;
/** A cache slower than its source is useless. */
const ANSWER_MS_MAX = 2_000;
const RECONNECT_MS_MAX = 2_000;
const RECONNECT_MS_STEP = 100;
/** Keys scanned per call. */
const SCAN = 1_000;
const NO_CONNECTION = /^(Stream isn't writeable|Connection is closed|Reached the max retries)/;

/**
 * Opens a cache on a Redis (6.2 or newer) shared by processes. Opens even if the server is
 * unavailable: calls then fail at once with `CACHE_UNAVAILABLE` until it reconnects by itself.
 */
export async function redisCache(options: RedisCacheOptions): Promise<Cache> {
  const Redis = await importRedis();
  const { url, env, credentials } = options;
  const redis = new Redis(url, {
    ...connectOptions(),
    keyPrefix: `${env}:`,
    ...(credentials?.user === undefined ? {} : { username: credentials.user }),
    ...(credentials?.password === undefined ? {} : { password: credentials.password }),
  });
  const { readCredentials } = options;
  // Read before the delayed reconnect; on failure the old credentials stay.
  if (readCredentials !== undefined) {
    redis.on("close", () => void readCredentials().then((now) => sign(redis, now), () => {}));
  }
  return await RedisCache.connect(redis, new URL(url));
}

function sign(redis: Redis, { user, password }: RedisCredentials): void {
  if (user !== undefined) redis.options.username = user;
  if (password !== undefined) redis.options.password = password;
}

function connectOptions() {
  return {
    lazyConnect: true,
    // Do not queue while offline: results would come too late for a cache.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS_MAX,
    commandTimeout: ANSWER_MS_MAX,
    retryStrategy: (times: number) => Math.min(times * RECONNECT_MS_STEP, RECONNECT_MS_MAX),
  };
}

/** The driver's logging module reads all environment variables while loading. */
async function importRedis(): Promise<typeof Redis> {
  return (await withoutVariables(() => import("ioredis"))).Redis;
}

class RedisCache implements Cache {
  readonly type = "redis";
  readonly location: string;
  #redis: Redis;
  #problem = "it was not reached yet";
  #closed = false;

  private constructor(redis: Redis, url: URL) {
    this.#redis = redis;
    this.location = `${url.protocol}//${url.host}${url.pathname}`;
    redis.on("ready", () => this.#problem = "");
    redis.on("error", (error: Error) => this.#problem = messageOf(error));
    redis.on("close", () => this.#problem ||= "the connection ended");
  }

  /** Waits for the first connection or failure; then retries forever. */
  static async connect(redis: Redis, url: URL): Promise<RedisCache> {
    const cache = new RedisCache(redis, url);
    await redis.connect().catch((error: unknown) => cache.#problem ||= messageOf(error));
    return cache;
  }

  get problem(): string {
    return this.#problem && `${this.location} does not answer: ${this.#problem}`;
  }

  get(key: string): Promise<string | undefined> {
    return this.#do([key], async () => await this.#redis.get(key) ?? undefined);
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#do(keys, async () => {
      if (keys.length === 0) return [];
      return (await this.#redis.mget([...keys])).map((value) => value ?? undefined);
    });
  }

  set(key: string, value: string, { ttlMs }: KeepOptions = {}): Promise<void> {
    return this.#do([key], async () => {
      if (ttlMs === undefined) await this.#redis.set(key, value);
      else await this.#redis.set(key, value, "PX", wholeMs(ttlMs));
    });
  }

  setMany(values: ReadonlyMap<string, string>, { ttlMs }: KeepOptions = {}): Promise<void> {
    return this.#do([...values.keys()], async () => {
      if (values.size === 0) return;
      if (ttlMs === undefined) {
        await this.#redis.mset(new Map(values));
        return;
      }
      // MSET has no TTL; a transaction makes all values visible at once.
      const transaction = this.#redis.multi();
      for (const [key, value] of values) transaction.set(key, value, "PX", wholeMs(ttlMs));
      await transaction.exec();
    });
  }

  setIfAbsent(key: string, value: string, { ttlMs }: KeepOptions = {}): Promise<boolean> {
    return this.#do([key], async () => {
      const answer = ttlMs === undefined
        ? await this.#redis.set(key, value, "NX")
        : await this.#redis.set(key, value, "PX", wholeMs(ttlMs), "NX");
      return answer !== null;
    });
  }

  increment(key: string, by = 1): Promise<number> {
    return this.#do([key], () => this.#redis.incrby(key, by));
  }

  exists(key: string): Promise<boolean> {
    return this.#do([key], async () => await this.#redis.exists(key) === 1);
  }

  delete(...keys: string[]): Promise<number> {
    return this.#do(keys, async () => keys.length === 0 ? 0 : await this.#redis.del(keys));
  }

  hashGet(key: string, field: string): Promise<string | undefined> {
    return this.#do([key], async () => await this.#redis.hget(key, field) ?? undefined);
  }

  hashGetAll(key: string): Promise<Map<string, string>> {
    return this.#do([key], async () => new Map(Object.entries(await this.#redis.hgetall(key))));
  }

  hashSet(key: string, fields: ReadonlyMap<string, string>): Promise<void> {
    return this.#do([key], async () => {
      if (fields.size > 0) await this.#redis.hset(key, new Map(fields));
    });
  }

  hashDelete(key: string, ...fields: string[]): Promise<number> {
    return this.#do(
      [key],
      async () => fields.length === 0 ? 0 : await this.#redis.hdel(key, ...fields),
    );
  }

  clear(): Promise<number> {
    return this.#do([], async () => {
      const prefix = this.#redis.options.keyPrefix ?? "";
      let count = 0;
      let cursor = "0";
      do {
        // SCAN patterns and results use whole keys, without the driver's automatic prefix.
        const [next, keys] = await this.#redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", SCAN);
        const own = keys.map((key) => key.slice(prefix.length));
        if (own.length > 0) count += await this.#redis.del(own);
        cursor = next;
      } while (cursor !== "0");
      return count;
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#redis.disconnect();
    return Promise.resolve();
  }

  async #do<T>(keys: readonly string[], action: () => Promise<T>): Promise<T> {
    if (this.#closed) throw cacheClosed();
    keys.forEach(assertCacheKey);
    try {
      const answer = await action();
      this.#problem = "";
      return answer;
    } catch (error) {
      // The key was rotated: reconnect with the new one.
      if (/^(NOAUTH|WRONGPASS)/.test(messageOf(error))) this.#redis.disconnect(true);
      throw this.#errorOf(error, keys[0] ?? "");
    }
  }

  /** Returns the server's message, or why there is no connection, which the driver's error omits. */
  #textOf(error: unknown): string {
    const text = messageOf(error);
    return NO_CONNECTION.test(text) ? this.#problem || "the connection ended" : text;
  }

  #errorOf(error: unknown, key: string): CacheError {
    if (this.#closed) return cacheClosed();
    const text = this.#textOf(error);
    if (text.startsWith("WRONGTYPE")) {
      return wrongType(key, "of the kind that was asked for", error);
    }
    if (/^ERR (value is not an integer|increment or decrement)/.test(text)) {
      return wrongType(key, "a whole number", error);
    }
    const options = { cause: error, context: { location: this.location } };
    if (/^(NOAUTH|NOPERM|WRONGPASS)/.test(text)) {
      return new CacheError("CACHE_UNAUTHORIZED", `The Redis does not let us in: ${text}`, {
        ...options,
        hint: "Check the cache's credentials and what they are allowed to do",
      });
    }
    // Leading words in capitals are server replies.
    if (/^[A-Z]{3,} /.test(text) && !/^(LOADING|BUSY|MASTERDOWN|READONLY)/.test(text)) {
      return new CacheError("CACHE_FAILED", `The Redis refused: ${text}`, options);
    }
    this.#problem ||= text;
    return new CacheError("CACHE_UNAVAILABLE", `No Redis answers at ${this.location}: ${text}`, {
      ...options,
      hint: "Start it, or check the url; until then the values are read from their source",
      retryable: true,
    });
  }
}

/** Redis rejects a TTL below one millisecond. */
function wholeMs(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs));
}

import type { Cache } from "./cache.ts";
import { assertCacheKey, cacheClosed } from "./errors.ts";

/** Creates a cache that stores nothing: every read goes to the source. */
export function noCache(): Cache {
  return new NoCache();
}

class NoCache implements Cache {
  readonly type = "none";
  readonly location = "none";
  readonly problem = "";
  #closed = false;

  get(key: string): Promise<undefined> {
    return this.#answer([key], undefined);
  }

  getMany(keys: readonly string[]): Promise<undefined[]> {
    return this.#answer(keys, keys.map(() => undefined));
  }

  set(key: string): Promise<void> {
    return this.#answer([key], undefined);
  }

  setMany(values: ReadonlyMap<string, string>): Promise<void> {
    return this.#answer([...values.keys()], undefined);
  }

  setIfAbsent(key: string): Promise<boolean> {
    return this.#answer([key], true);
  }

  increment(key: string, by = 1): Promise<number> {
    return this.#answer([key], by);
  }

  exists(key: string): Promise<boolean> {
    return this.#answer([key], false);
  }

  delete(...keys: string[]): Promise<number> {
    return this.#answer(keys, 0);
  }

  hashGet(key: string): Promise<undefined> {
    return this.#answer([key], undefined);
  }

  hashGetAll(key: string): Promise<Map<string, string>> {
    return this.#answer([key], new Map());
  }

  hashSet(key: string): Promise<void> {
    return this.#answer([key], undefined);
  }

  hashDelete(key: string): Promise<number> {
    return this.#answer([key], 0);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #answer<T>(keys: readonly string[], answer: T): Promise<T> {
    return Promise.try(() => {
      if (this.#closed) throw cacheClosed();
      keys.forEach(assertCacheKey);
      return answer;
    });
  }
}

import { CacheError } from "@ssmd/runtime";

/** Maximum key length in characters; Redis would allow 512 MB. */
const KEY_LENGTH_MAX = 1024;

/** Throws `CACHE_KEY_INVALID` for an empty, too long or ill-formed key. */
export function assertCacheKey(key: string): void {
  if (key !== "" && key.length <= KEY_LENGTH_MAX && key.isWellFormed()) return;
  throw new CacheError("CACHE_KEY_INVALID", `"${key.slice(0, 80)}" is no key of a cache`, {
    context: { length: key.length },
    hint: `A key has 1 to ${KEY_LENGTH_MAX} characters`,
  });
}

/** `CACHE_CLOSED`: used after close. */
export function cacheClosed(): CacheError {
  return new CacheError("CACHE_CLOSED", "The cache was closed", { hint: "Open a new one" });
}

/** `CACHE_WRONG_TYPE`: the key holds another type. */
export function wrongType(key: string, wanted: string, cause?: unknown): CacheError {
  return new CacheError("CACHE_WRONG_TYPE", `The value of "${key}" is not ${wanted}`, {
    context: { key },
    hint: "Delete the key, or use another one",
    ...(cause === undefined ? {} : { cause }),
  });
}

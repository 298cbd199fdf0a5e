import { CacheError, Chaos, type Health, type Logger } from "@ssmd/runtime";
import type { Cache } from "./cache.ts";

/** Returns `cache`, with injected faults if SSMD_CHAOS_… is set. */
export function withChaos(cache: Cache, options: { logger: Logger; health: Health }): Cache {
  if (cache.type === "none") return cache;
  const chaos = Chaos.ofService("cache", { ...options, error: CacheError });
  return chaos === undefined ? cache : chaos.disturb(cache, [
    ...[
      "get",
      "getMany",
      "set",
      "setMany",
      "setIfAbsent",
      "increment",
      "exists",
      "delete",
    ] as const,
    ...["hashGet", "hashGetAll", "hashSet", "hashDelete"] as const,
  ]);
}

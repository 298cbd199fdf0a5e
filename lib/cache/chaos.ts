import { CacheError, Chaos, type Health, type Logger } from "@ssmd/runtime";
import type { Cache } from "./cache.ts";

/** `cache`, or where SSMD_CHAOS_… asks for it one whose calls fail now and then. */
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

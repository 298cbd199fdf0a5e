/** Values that may be lost: port and drivers. @module */
export type { Cache, KeepOptions } from "./cache.ts";
export { memoryCache, type MemoryCacheOptions } from "./memory.ts";
export { noCache } from "./none.ts";
export { type CacheConfig, openCache, openServiceCache } from "./open.ts";
export { OptionalCache, type OptionalCacheOptions } from "./optional.ts";
export type { RedisCredentials } from "./redis.ts";

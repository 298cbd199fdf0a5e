import { ConfigError, suggestion } from "@ssmd/runtime";
import type { Cache } from "./cache.ts";
import { withChaos } from "./chaos.ts";
import { OptionalCache, type OptionalCacheOptions } from "./optional.ts";
import type { RedisCredentials } from "./redis.ts";

/** Configuration of a cache. */
type CacheConfig =
  | { type: "none" }
  | { type: "memory"; maxBytes?: number }
  | {
    type: "redis";
    /** `redis://host:port/database`, `rediss://` with TLS. */
    url: string;
    credentials?: RedisCredentials;
    readCredentials?: () => Promise<RedisCredentials>;
  };

type RedisConfig = Extract<CacheConfig, { type: "redis" }>;

const DRIVERS = {
  none: async () => (await import("./none.ts")).noCache(),
  memory: async ({ maxBytes }: { maxBytes?: number }) => {
    const { memoryCache } = await import("./memory.ts");
    return memoryCache(maxBytes === undefined ? {} : { bytesMax: maxBytes });
  },
  redis: async ({ type: _, ...config }: RedisConfig, env: string) => {
    const { redisCache } = await import("./redis.ts");
    return await redisCache({ ...config, env });
  },
};

/**
 * Opens the configured cache with the keys of environment `env`. Throws ConfigError
 * `CACHE_TYPE_UNKNOWN` for a type that is not in {@linkcode CacheConfig}. An unavailable Redis is
 * not an error here.
 */
export async function openCache(config: CacheConfig, env: string): Promise<Cache> {
  switch (config.type) {
    case "none":
      return await DRIVERS.none();
    case "memory":
      return await DRIVERS.memory(config);
    case "redis":
      return await DRIVERS.redis(config, env);
    default: {
      const { type } = config as { type: unknown };
      throw new ConfigError("CACHE_TYPE_UNKNOWN", `There is no cache type "${type}"`, {
        context: { type },
        hint: suggestion(String(type), Object.keys(DRIVERS)),
      });
    }
  }
}

/** Opens the cache of a service that works without it. Throws like {@linkcode openCache}. */
export async function openServiceCache(
  config: CacheConfig,
  options: OptionalCacheOptions & { env: string },
): Promise<OptionalCache> {
  return new OptionalCache(withChaos(await openCache(config, options.env), options), options);
}

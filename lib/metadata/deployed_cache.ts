import type { CredentialsReader } from "./credentials_reader.ts";
import type { CacheSpec } from "./environment.ts";
import type { ResolvedKeys } from "./keys.ts";

type RedisSpec = Extract<CacheSpec, { type: "redis" }>;

/** Cache of the gateway, with resolved credentials. */
export type DeployedCache =
  | { type: "none" }
  | { type: "memory"; maxBytes?: number }
  | Omit<RedisSpec, "credentials"> & {
    credentials?: Record<string, string>;
    readCredentials?: CredentialsReader;
  };

/** Returns an environment's cache; without `keys` it has no credentials. */
export function deployedCache(
  spec: CacheSpec,
  keys: ResolvedKeys | undefined,
  read: (references: Record<string, string>) => CredentialsReader,
): DeployedCache {
  switch (spec.type) {
    case "none":
      return spec;
    case "memory":
      return { type: "memory", ...spec.max_bytes ? { maxBytes: spec.max_bytes } : {} };
    case "redis": {
      const { credentials, ...rest } = spec;
      const isSigned = credentials !== undefined && keys !== undefined;
      if (!isSigned) return rest;
      return { ...rest, credentials: keys.values(credentials), readCredentials: read(credentials) };
    }
  }
}

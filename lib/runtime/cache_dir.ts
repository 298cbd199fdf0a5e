import { ConfigError } from "./errors.ts";

/**
 * Returns this user's cache folder: `$SSMD_CACHE_DIR`, else `ssmd` in `$XDG_CACHE_HOME`, else
 * `~/.cache/ssmd`; undefined when none of them is set.
 */
export function findCacheDir(env: (name: string) => string | undefined): string | undefined {
  const own = env("SSMD_CACHE_DIR");
  if (own) return own;
  const shared = env("XDG_CACHE_HOME");
  if (shared) return `${shared}/ssmd`;
  const home = env("HOME");
  return home ? `${home}/.cache/ssmd` : undefined;
}

/** Returns the folder of {@linkcode findCacheDir}. Throws ConfigError `CACHE_DIR_UNKNOWN`. */
export function cacheDir(): string {
  const dir = findCacheDir((name) => Deno.env.get(name));
  if (dir !== undefined) return dir;
  throw new ConfigError("CACHE_DIR_UNKNOWN", "No folder for caches is known", {
    hint: "Set SSMD_CACHE_DIR or HOME, or name a folder with --cache",
  });
}

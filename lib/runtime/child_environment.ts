import { variable } from "./variable.ts";

/** Variables a child may need: program search, settings, caches, Git identity. */
const NAMES: readonly string[] = [
  ...[
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "NO_COLOR",
    "DENO_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
  ],
  ...["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE"],
  ...["GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE"],
  ...["GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "SSMD_COMMIT"],
];

/**
 * Returns the environment for a child process, to pass with `clearEnv`: secrets are in variables
 * (`SSMD_KEY_…`) and no child needs one. Skips variables that this process may not read.
 */
export function childEnvironment(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of NAMES) {
    const value = variable(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

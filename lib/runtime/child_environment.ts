import { variable } from "./variable.ts";

/** Variables that a child may need to find programs, its settings, caches and who commits. */
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
 * The environment for a child process, to be given with `clearEnv`: keys stand in variables
 * (`SSMD_KEY_…`), and no child needs one. Variables that this process may not read are left out.
 */
export function childEnvironment(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of NAMES) {
    const value = variable(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

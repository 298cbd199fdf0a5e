import { git } from "@ssmd/metadata";
import { ConfigError, pathExists } from "@ssmd/runtime";

/** Revision of ssmd with its files in a folder. */
export interface Revision {
  /** Name as given; "" = the working files. */
  name: string;
  /** Commit hash; HEAD's for the working files. */
  commit: string;
  dir: string;
}

/** Folder of this software. Throws ConfigError `SOURCE_NEEDED` in a compiled program. */
export function ownSource(): string {
  if (!Deno.build.standalone) return new URL("../../", import.meta.url).pathname;
  throw new ConfigError("SOURCE_NEEDED", "A compiled ssmd has no git history", {
    hint: "Name a clone of its repository with --source",
  });
}

/**
 * Checks out a revision into a worktree at `folder`; without a name returns the source folder
 * itself. Throws ConfigError `REVISION_UNKNOWN`, `GIT_FAILED`.
 */
export async function checkOut(
  source: string,
  name: string | undefined,
  folder: string,
): Promise<Revision> {
  const commit = await commitOf(source, name ?? "HEAD");
  if (name === undefined) return { name: "", commit, dir: source };
  // Disables the user's git hooks.
  await git(
    source,
    "-c",
    "core.hooksPath=",
    "worktree",
    "add",
    "-q",
    "-f",
    "--detach",
    folder,
    commit,
  );
  return { name, commit, dir: folder };
}

/** Prunes worktrees whose folders are gone, also ones that a killed git left locked. */
export async function forgetWorktrees(source: string): Promise<void> {
  const listed = await git(source, "worktree", "list", "--porcelain", "-z");
  for (const entry of listed.split("\0\0")) {
    const [, path] = /^worktree (.*?ssmd-(?:test-replay|env-compare)-.*?)\0/.exec(entry) ?? [];
    if (path === undefined || !/\0locked/.test(entry) || await pathExists(path)) continue;
    await git(source, "worktree", "unlock", path);
  }
  await git(source, "worktree", "prune");
}

async function commitOf(source: string, name: string): Promise<string> {
  try {
    const commit = `${name}^{commit}`;
    return (await git(source, "rev-parse", "-q", "--verify", "--end-of-options", commit)).trim();
  } catch (cause) {
    throw new ConfigError("REVISION_UNKNOWN", `There is no revision "${name}" in ${source}`, {
      hint: "Name a commit, branch or tag; --source names the clone it is looked for in",
      cause,
    });
  }
}

import { git } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";

/** A revision of this software whose files lie in a folder. */
export interface Revision {
  /** As it was named; "" = the files of the source folder as they are. */
  name: string;
  /** Hash of the commit; that of HEAD for the files as they are. */
  commit: string;
  dir: string;
}

/** The folder of this software. Throws ConfigError `SOURCE_NEEDED` in a compiled program. */
export function ownSource(): string {
  if (!Deno.build.standalone) return new URL("../../", import.meta.url).pathname;
  throw new ConfigError("SOURCE_NEEDED", "A compiled ssmd has no git history", {
    hint: "Name a clone of its repository with --source",
  });
}

/**
 * The files of a revision: of a commit in a worktree of its own below `folder`, of none those of
 * the source. Throws ConfigError `REVISION_UNKNOWN`, `GIT_FAILED`.
 */
export async function checkOut(
  source: string,
  name: string | undefined,
  folder: string,
): Promise<Revision> {
  const commit = await commitOf(source, name ?? "HEAD");
  if (name === undefined) return { name: "", commit, dir: source };
  // No hook of the person's runs.
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

/** Makes git forget worktrees whose folders are gone. */
export async function forgetWorktrees(source: string): Promise<void> {
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

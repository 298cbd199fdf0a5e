/**
 * Returns the commit of a checkout, read from git's files without starting a program. Undefined
 * when it is no checkout or has no commit.
 */
export function commitOf(root: string): string | undefined {
  const gitDir = gitDirOf(root);
  if (gitDir === undefined) return undefined;
  const head = textOf(`${gitDir}/HEAD`);
  const ref = /^ref: (\S+)$/.exec(head ?? "")?.[1];
  if (ref === undefined) return hashIn(head);
  // A worktree has its own HEAD but shares branches.
  const common = textOf(`${gitDir}/commondir`);
  const commonDir = common === undefined ? gitDir : joined(gitDir, common);
  return hashIn(textOf(`${commonDir}/${ref}`)) ?? packed(textOf(`${commonDir}/packed-refs`), ref);
}

/** Returns `.git`, or the folder that a `.git` file points to. */
function gitDirOf(root: string): string | undefined {
  const dir = `${root}/.git`;
  if (textOf(`${dir}/HEAD`) !== undefined) return dir;
  const pointed = /^gitdir: (.+)$/.exec(textOf(dir) ?? "")?.[1];
  return pointed === undefined ? undefined : joined(root, pointed);
}

function packed(text: string | undefined, ref: string): string | undefined {
  const line = text?.split("\n").find((each) => each.endsWith(` ${ref}`));
  return hashIn(line?.split(" ")[0]);
}

function hashIn(text: string | undefined): string | undefined {
  return /^[0-9a-f]{40,64}$/.exec(text ?? "")?.[0];
}

function joined(dir: string, path: string): string {
  return path.startsWith("/") ? path : `${dir}/${path}`;
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return undefined;
  }
}

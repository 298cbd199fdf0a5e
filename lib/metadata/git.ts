import { childEnvironment, ConfigError, systemCodeOf } from "@ssmd/runtime";

/** A commit that touched a file. */
interface Commit {
  /** Hash. */
  commit: string;
  /** Committer time, ISO with offset. */
  time: string;
  /** Author name. */
  author: string;
  /** First line of the message. */
  subject: string;
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function tryGit(dir: string, args: readonly string[]): Promise<Ran> {
  try {
    const { code, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", dir, ...args],
      // Child processes get no secrets.
      ...{ clearEnv: true, env: childEnvironment() },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr).trim() };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConfigError("GIT_FAILED", `git cannot be started (${systemCodeOf(cause)})`, {
      hint: "Install git, and start where --allow-run=git is granted",
      cause,
    });
  }
}

/** Runs git in the registry folder. Throws ConfigError `GIT_FAILED` with git's message. */
export async function git(dir: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryGit(dir, args);
  if (code === 0) return stdout;
  const said = (stderr || stdout).trim();
  throw new ConfigError("GIT_FAILED", `git ${args[0]} failed: ${said}`, {
    hint: /not a git repository/.test(said)
      ? "Dates and changes come from git: make the project a repository with git init"
      : "See what git says above",
    context: { dir, args },
  });
}

/** Returns whether the folder is in a git repository with at least one commit. */
export async function hasHistory(dir: string): Promise<boolean> {
  return (await tryGit(dir, ["rev-parse", "-q", "--verify", "HEAD"])).code === 0;
}

/** Returns commits that touched a registry file, newest first. */
export async function historyOf(dir: string, path: string): Promise<Commit[]> {
  return await hasHistory(dir) ? await log(dir, ["--", path]) : [];
}

async function log(dir: string, args: string[]): Promise<Commit[]> {
  const text = await git(dir, "log", "--format=%H%x1f%cI%x1f%an%x1f%s", ...args);
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [commit = "", time = "", author = "", subject = ""] = line.split("\x1f");
    return { commit, time, author, subject };
  });
}

/** Returns the text of a file in a commit; undefined when it did not exist. */
export async function textIn(
  dir: string,
  commit: string,
  path: string,
): Promise<string | undefined> {
  const { code, stdout } = await tryGit(dir, ["show", `${commit}:./${path}`]);
  return code === 0 ? stdout : undefined;
}

/** Returns paths in the registry folder that differ from HEAD: changed, removed or untracked. */
export async function changedPaths(dir: string): Promise<string[]> {
  const untracked = await git(dir, "ls-files", "-z", "--others", "--exclude-standard", ".");
  const changed = await hasHistory(dir)
    ? await git(dir, "diff", "-z", "--name-only", "--relative", "HEAD", "--", ".")
    : await git(dir, "ls-files", "-z", "--cached", ".");
  const paths = `${untracked}${changed}`.split("\0").filter((path) => path !== "");
  return [...new Set(paths)].sort();
}

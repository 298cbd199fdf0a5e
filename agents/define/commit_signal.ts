import { SsmdError } from "@ssmd/runtime";

/** A commit to create. */
interface SignalCommit {
  /** Project folder inside a repository. */
  project: string;
  /** File contents by path relative to the project. */
  files: Readonly<Record<string, string>>;
  branch: string;
  /** Folder of a temporary file; absent: the system's. */
  workDir?: string;
  subject: string;
  /** `Agent-Thread: …` and further trailers, in this order. */
  trailers: Readonly<Record<string, string>>;
}

/** Author of commits without a git identity. */
const AUTHOR = { name: "ssmd agent", email: "agent@ssmd.invalid" } as const;
const NO_COMMIT = "0".repeat(40);

/**
 * Commits files on a new branch, leaving working tree and index unchanged. Idempotent: keeps a
 * branch whose newest commit has the same `Agent-Thread`. Throws SsmdError `COMMIT_FAILED` or
 * `BRANCH_TAKEN`.
 */
export async function commitSignal(commit: SignalCommit): Promise<string> {
  const { project, files, branch, subject, trailers, workDir } = commit;
  const ref = `refs/heads/${branch}`;
  const known = await git(project, ["rev-parse", "--verify", "--quiet", ref]).catch(() => "");
  if (known !== "") return await assertSame(project, known, commit);
  const head = await git(project, ["rev-parse", "HEAD"]);
  const prefix = await git(project, ["rev-parse", "--show-prefix"]);
  const index = await Deno.makeTempFile({
    prefix: "ssmd-index-",
    ...(workDir === undefined ? {} : { dir: await Deno.realPath(workDir) }),
  });
  try {
    await Deno.remove(index);
    const env = { GIT_INDEX_FILE: index };
    await git(project, ["read-tree", head], { env });
    for (const [path, text] of Object.entries(files)) {
      const blob = await git(project, ["hash-object", "-w", "--stdin"], { env, stdin: text });
      const entry = `100644,${blob},${prefix}${path}`;
      await git(project, ["update-index", "--add", "--cacheinfo", entry], { env });
    }
    const tree = await git(project, ["write-tree"], { env });
    const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}`);
    const message = `${subject}\n\n${lines.join("\n")}\n`;
    const made = await git(project, ["commit-tree", tree, "-p", head], {
      ...{ env: await identityOf(project), stdin: message },
    });
    // Fails if the branch was created meanwhile.
    await git(project, ["update-ref", ref, made, NO_COMMIT]);
    return made;
  } finally {
    await Deno.remove(index).catch(() => {});
  }
}

/** Returns the signal ids with a branch; empty without a repository. */
export async function signalBranches(project: string): Promise<string[]> {
  const format = "--format=%(refname:lstrip=3)";
  const names = await git(project, ["for-each-ref", format, "refs/heads/signal/"]).catch(() => "");
  return names.split("\n").filter((name) => name !== "");
}

async function assertSame(
  project: string,
  known: string,
  { branch, trailers }: SignalCommit,
): Promise<string> {
  const message = await git(project, ["log", "-1", "--format=%B", known]);
  if (message.includes(`Agent-Thread: ${trailers["Agent-Thread"]}`)) return known;
  throw new SsmdError("BRANCH_TAKEN", `There is a branch ${branch} already`, {
    hint: `Delete it, then ssmd agent show ${trailers["Agent-Thread"]} goes on`,
  });
}

async function identityOf(project: string): Promise<Record<string, string>> {
  const known = await git(project, ["config", "user.email"]).catch(() => "");
  return known !== "" ? {} : {
    ...{ GIT_AUTHOR_NAME: AUTHOR.name, GIT_AUTHOR_EMAIL: AUTHOR.email },
    ...{ GIT_COMMITTER_NAME: AUTHOR.name, GIT_COMMITTER_EMAIL: AUTHOR.email },
  };
}

async function git(
  cwd: string,
  args: readonly string[],
  { env = {}, stdin }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<string> {
  const child = new Deno.Command("git", {
    ...{ args: [...args], cwd, env, stdout: "piped", stderr: "piped" },
    stdin: stdin === undefined ? "null" : "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (code === 0) return text.decode(stdout).trim();
  const why = text.decode(stderr).trim().split("\n")[0] ?? "";
  throw new SsmdError("COMMIT_FAILED", `git ${args[0]} failed: ${why}`, {
    hint: "Signals are committed in the repository of the registry: is this one, with a commit?",
  });
}

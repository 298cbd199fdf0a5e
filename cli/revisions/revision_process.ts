import { childEnvironment, SsmdError } from "@ssmd/runtime";
import type { Revision } from "./source.ts";

/** Options of {@linkcode runRevision}. */
interface RevisionRun {
  /** Working directory, which also contains all its temporary files. */
  folder: string;
  /** Command with its flags. */
  args: readonly string[];
  /** What a revision that fails does not do: `translate these days`. */
  task: string;
  /** Aborts the run, which throws its reason. */
  signal: AbortSignal;
}

/** Runs its arguments until they end or stdin's pipe closes, so that the child dies with its parent. */
const WHILE_STARTED = `exec 3<&0
"$@" 3<&- </dev/null & child=$!
(read -r _ <&3; kill -9 "$child") >/dev/null 2>&1 & watch=$!
exec 3<&-
wait "$child"; code=$?
kill "$watch"
exit "$code"`;

/**
 * Runs a command of the revision's own ssmd in a child process; returns the seconds it took. The
 * child ends with this process, even when that is killed. Throws SsmdError `REVISION_FAILED` with
 * its output.
 */
export async function runRevision(
  revision: Revision,
  { folder, args, task, signal }: RevisionRun,
): Promise<number> {
  const startMs = performance.now();
  signal.throwIfAborted();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", WHILE_STARTED, "sh", "/bin/sh", `${revision.dir}/cli/ssmd`, ...args],
    cwd: folder,
    // The child must not see keys of the environment.
    clearEnv: true,
    env: { ...childEnvironment(), NO_COLOR: "1", TMPDIR: folder },
    ...{ stdin: "piped", stdout: "null", stderr: "piped" } as const,
  }).spawn();
  const end = () => void child.stdin.close().catch(() => {});
  signal.addEventListener("abort", end, { once: true });
  try {
    const [{ code }, said] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
    ]);
    signal.throwIfAborted();
    if (code !== 0) throw failure(revision, { code, said, args, task });
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
  return (performance.now() - startMs) / 1000;
}

function failure(
  { name, commit }: Revision,
  { code, said, args, task }: { code: number; said: string; args: readonly string[]; task: string },
): SsmdError {
  const what = name === "" ? "The working tree" : `Revision ${name}`;
  const why = said.trim().split("\n")[0]?.replace(/^error: /, "") || `exit code ${code}`;
  const command = args.slice(0, args.findIndex((arg) => arg.startsWith("-"))).join(" ");
  return new SsmdError("REVISION_FAILED", `${what} does not ${task}: ${why}`, {
    hint: `Its own ssmd ${command} says why; older revisions may not have this command`,
    context: { commit },
  });
}

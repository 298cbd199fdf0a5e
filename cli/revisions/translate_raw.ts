import { childEnvironment, SsmdError } from "@ssmd/runtime";
import type { Revision } from "./source.ts";

/** Options of {@linkcode translateRaw}. */
interface Translation {
  /** Folder that contains the archive and all temporary files. */
  folder: string;
  env: string;
  feed: string;
  /** Days as `YYYY-MM-DD`, in order; the whole range is translated. */
  days: readonly string[];
  /** Name of the record version to create. */
  version: string;
  /** Aborts the work, which throws its reason. */
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
 * Creates a record version with the revision's own `reprocess run`; returns the seconds it took.
 * Throws SsmdError `REVISION_FAILED` with its output.
 */
export async function translateRaw(revision: Revision, task: Translation): Promise<number> {
  const { folder, env, feed, days, version, signal } = task;
  const [from = "", to = from] = [days[0], days.at(-1)];
  const startMs = performance.now();
  signal.throwIfAborted();
  const child = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", WHILE_STARTED, "sh", "/bin/sh", `${revision.dir}/cli/ssmd`, "reprocess", "run"],
      ...["--data", `${folder}/data`, "--env", env, "--feed", feed, "--from", from, "--to", to],
      ...["--as", version, "--quiet", "--output", "json"],
    ],
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
    if (code !== 0) throw failure(revision, { code, said });
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
  return (performance.now() - startMs) / 1000;
}

function failure({ name, commit }: Revision, { code, said }: { code: number; said: string }) {
  const what = name === "" ? "The working tree" : `Revision ${name}`;
  const why = said.trim().split("\n")[0]?.replace(/^error: /, "") || `exit code ${code}`;
  return new SsmdError("REVISION_FAILED", `${what} does not translate these days: ${why}`, {
    hint: "Its own ssmd reprocess run says why; older revisions may not have this command",
    context: { commit },
  });
}

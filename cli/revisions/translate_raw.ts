import { runRevision } from "./revision_process.ts";
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

/**
 * Creates a record version with the revision's own `reprocess run`; returns the seconds it took.
 * Throws SsmdError `REVISION_FAILED` with its output.
 */
export async function translateRaw(revision: Revision, task: Translation): Promise<number> {
  const { folder, env, feed, days, version, signal } = task;
  const [from = "", to = from] = [days[0], days.at(-1)];
  return await runRevision(revision, {
    ...{ folder, signal, task: "translate these days" },
    args: [
      ...["reprocess", "run", "--data", `${folder}/data`, "--env", env, "--feed", feed],
      ...["--from", from, "--to", to, "--as", version, "--quiet", "--output", "json"],
    ],
  });
}

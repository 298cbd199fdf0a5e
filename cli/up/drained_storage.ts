import type { Archiver } from "@ssmd/archiver";
import { type Logger, sleep } from "@ssmd/runtime";
import type { WatchedStorage } from "@ssmd/storage";

/** Stop waiting for storage that fails or does not answer for this long at shutdown. */
const REFUSED_MS_MAX = 3_000;
const LOOK_MS = 500;
const CLOSE_MS = 1_000;

/**
 * Waits until everything is archived, but not for storage that keeps failing: what remains stays in
 * the spool and is archived by the next start.
 */
export async function waitUntilArchived(
  archiver: Archiver,
  storage: WatchedStorage,
  logger: Logger,
): Promise<void> {
  const done = new AbortController();
  const flush = archiver.flush().finally(() => done.abort());
  let refusedMs = 0;
  while (!done.signal.aborted && refusedMs < REFUSED_MS_MAX) {
    await Promise.race([flush, sleep(LOOK_MS, done.signal)]);
    refusedMs = problemOf(archiver, storage) === "" ? 0 : refusedMs + LOOK_MS;
  }
  if (done.signal.aborted) return;
  flush.catch((error) => logger.debug("gave up", { error }));
  logger.error("storage does not take the rest: ending without it, the next start archives it", {
    problem: problemOf(archiver, storage),
  });
}

/** Options of `close`: a short timeout when storage fails, since it was already waited for. */
export function closeOptions(archiver: Archiver, storage: WatchedStorage): { timeoutMs?: number } {
  return problemOf(archiver, storage) === "" ? {} : { timeoutMs: CLOSE_MS };
}

function problemOf(archiver: Archiver, storage: WatchedStorage): string {
  return archiver.stats().storageProblem || (storage.problem ?? "");
}

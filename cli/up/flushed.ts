import type { Archiver } from "@ssmd/archiver";
import { sleep } from "@ssmd/runtime";

/** Storage that refuses for this long while `up` ends is not waited for any longer. */
const REFUSED_MS_MAX = 5_000;
const LOOK_MS = 500;
const CLOSE_MS = 1_000;

/**
 * Waits until everything is archived, but not for a storage that keeps refusing: what it did not
 * take stays in the spool and is archived by the next start.
 */
export async function flushed(archiver: Archiver): Promise<void> {
  const done = new AbortController();
  const flush = archiver.flush().finally(() => done.abort());
  let refusedMs = 0;
  while (!done.signal.aborted && refusedMs < REFUSED_MS_MAX) {
    await Promise.race([flush, sleep(LOOK_MS, done.signal)]);
    refusedMs = archiver.stats().storageProblem === "" ? 0 : refusedMs + LOOK_MS;
  }
}

/** How long closing may take: storage that refuses was waited for already. */
export function closeOptions(archiver: Archiver): { timeoutMs?: number } {
  return archiver.stats().storageProblem === "" ? {} : { timeoutMs: CLOSE_MS };
}

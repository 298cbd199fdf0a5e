import { sleep, SsmdError } from "@ssmd/runtime";

/** Held while a connector uses its spool. */
export interface SpoolLock {
  release(): void;
}

/** A process that was just killed gives its lock free a moment later. */
const WAIT_MS = 300;
const AGAIN_MS = 30;

/**
 * Makes sure that one connector alone uses a spool: two would write over each other. The lock is
 * the system's (flock), so it ends with the process, also by kill -9.
 */
export async function lockSpool(dir: string): Promise<SpoolLock> {
  const file = await Deno.open(`${dir}/lock`, { create: true, write: true });
  // Never waits inside the system: a lock that is waited for there keeps a refused process alive.
  const deadlineMs = performance.now() + WAIT_MS;
  while (!await file.tryLock(true)) {
    if (performance.now() > deadlineMs) {
      file.close();
      throw new SsmdError("SPOOL_IN_USE", `another process captures into the spool ${dir}`, {
        hint: "stop it first, or choose another folder with --data",
      });
    }
    await sleep(AGAIN_MS);
  }
  return { release: () => file.close() };
}

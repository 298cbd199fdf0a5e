import { messageOf, sleep, SsmdError, StorageError } from "@ssmd/runtime";
import { startTroubleOf } from "./spool_trouble.ts";

/** Held while a connector uses its spool. */
export interface SpoolLock {
  release(): void;
}

/** A process that was just killed gives its lock free a moment later. */
const WAIT_MS = 300;
const AGAIN_MS = 30;
/** More than a block: what fits beside a file's name proves nothing. */
const PROBE_BYTES = 16 * 1024;

/**
 * Makes the spool's folder, and sure that one connector alone uses it: two would write over each
 * other. The lock is the system's (flock), so it ends with the process, also by kill -9. Throws
 * SsmdError `SPOOL_IN_USE`, StorageError `SPOOL_READ_ONLY`, `SPOOL_FULL` or `SPOOL_UNUSABLE`.
 */
export async function lockSpool(dir: string): Promise<SpoolLock> {
  const file = await openLock(dir);
  // Never waits inside the system: a lock that is waited for there keeps a refused process alive.
  const deadlineMs = performance.now() + WAIT_MS;
  while (!await file.tryLock(true)) {
    if (performance.now() > deadlineMs) {
      file.close();
      throw new SsmdError("SPOOL_IN_USE", `Another process captures into the spool ${dir}`, {
        hint: "Stop it first, or choose another folder with --data",
      });
    }
    await sleep(AGAIN_MS);
  }
  try {
    await assertRoom(dir);
  } catch (error) {
    file.close();
    throw error;
  }
  return { release: () => file.close() };
}

/**
 * Makes sure that a folder for spools can be made and written, before anything is begun. Throws
 * StorageError `SPOOL_READ_ONLY`, `SPOOL_FULL` or `SPOOL_UNUSABLE`.
 */
export async function assertUsableSpool(dir: string): Promise<void> {
  await makeFolder(dir);
  await assertRoom(dir);
}

/** A disk that is full at the start ends it, whether or not an earlier run left something to finish. */
async function assertRoom(dir: string): Promise<void> {
  const path = `${dir}/probe`;
  try {
    using probe = await Deno.open(path, { create: true, write: true, truncate: true });
    await probe.write(new Uint8Array(PROBE_BYTES));
    await probe.syncData();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw startTroubleOf(error, dir);
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

async function openLock(dir: string): Promise<Deno.FsFile> {
  await makeFolder(dir);
  try {
    return await Deno.open(`${dir}/lock`, { create: true, write: true });
  } catch (error) {
    throw unusable(error, dir);
  }
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
  } catch (error) {
    throw unusable(error, dir);
  }
}

function unusable(error: unknown, dir: string): unknown {
  // A permission that was not granted is told with what to grant.
  if (error instanceof Deno.errors.NotCapable) return error;
  const trouble = startTroubleOf(error, dir);
  if (trouble.code !== "SPOOL_FAILED") return trouble;
  return new StorageError(
    "SPOOL_UNUSABLE",
    `The spool ${dir} cannot be made: ${messageOf(error)}`,
    {
      hint: "Name a folder that can be made and written with --data",
      cause: error,
    },
  );
}

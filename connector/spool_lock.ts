import { messageOf, sleep, SsmdError, StorageError } from "@ssmd/runtime";
import { startTroubleOf } from "./spool_trouble.ts";

/** Lock held while a connector uses its spool. */
export interface SpoolLock {
  release(): void;
}

/** Name of the lock in the spool's folder. */
export const LOCK_NAME = "lock";
/** A killed process releases its lock with a delay. */
const WAIT_MS = 300;
const AGAIN_MS = 30;
/** More than a block, as small files may be stored inline in the inode. */
const PROBE_BYTES = 16 * 1024;

/**
 * Creates the spool's folder and locks it for one connector, as two would overwrite each other. The
 * lock is the system's (flock) and ends with the process, even after kill -9. Throws SsmdError
 * `SPOOL_IN_USE`, StorageError `SPOOL_READ_ONLY`, `SPOOL_FULL` or `SPOOL_UNUSABLE`.
 */
export async function lockSpool(dir: string): Promise<SpoolLock> {
  const file = await openLock(dir);
  // Polls with tryLock: a blocking lock would keep a refused process alive.
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
 * Checks that a folder for spools can be created and written. Throws StorageError
 * `SPOOL_READ_ONLY`, `SPOOL_FULL` or `SPOOL_UNUSABLE`.
 */
export async function assertUsableSpool(dir: string): Promise<void> {
  await makeFolder(dir);
  await assertRoom(dir);
}

/** A full disk fails the start, whether or not an earlier run left segments. */
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
    return await Deno.open(`${dir}/${LOCK_NAME}`, { create: true, write: true });
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
  // Deno's message names the permission to grant.
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

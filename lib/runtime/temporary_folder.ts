import { join } from "node:path";

/** Its owner holds this file's lock, which ends with the process, however that ends. */
const LOCK = "owner.lock";
/** A folder without a lock is of a process that starts now, or was killed while it started. */
const STARTING_MS_MAX = 10 * 60_000;

/** A folder for the files of one task. */
interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes a folder that is removed when it is disposed of, and removes those with this prefix that
 * killed processes left in `dir` (default the system's folder for temporary files).
 */
export async function makeTemporaryFolder(prefix: string, dir?: string): Promise<TemporaryFolder> {
  const path = await Deno.makeTempDir({ prefix, ...(dir === undefined ? {} : { dir }) });
  const lock = await Deno.open(join(path, LOCK), { create: true, write: true });
  await lock.tryLock(true);
  await removeLeftFolders(join(path, ".."), prefix);
  return {
    path,
    async [Symbol.asyncDispose]() {
      lock.close();
      // An engine that was abandoned in the middle has removed it already.
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}

async function removeLeftFolders(dir: string, prefix: string): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (!isDirectory || !name.startsWith(prefix)) continue;
      const path = join(dir, name);
      // Another user's, or gone by now: it is not ours to remove.
      if (await isLeft(path)) await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  } catch {
    // A folder that may not be listed keeps what is in it.
  }
}

async function isLeft(path: string): Promise<boolean> {
  try {
    using lock = await Deno.open(join(path, LOCK), { write: true });
    return await lock.tryLock(true);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
    const { mtime } = await Deno.stat(path);
    return Date.now() - (mtime?.getTime() ?? Date.now()) > STARTING_MS_MAX;
  }
}

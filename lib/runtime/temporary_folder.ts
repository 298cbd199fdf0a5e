import { join } from "node:path";

/** File whose lock the owner holds; the lock ends with the process. */
const LOCK = "owner.lock";
/** Age up to which an unlocked folder may belong to a process that is just starting. */
const STARTING_MS_MAX = 10 * 60_000;

/** A temporary folder, removed on disposal. */
interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * Creates a temporary folder. Also removes folders with this prefix in `dir` (default: the system's
 * temporary folder) whose processes were killed.
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
      // A cleanup after an abort may already have removed it.
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}

async function removeLeftFolders(dir: string, prefix: string): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (!isDirectory || !name.startsWith(prefix)) continue;
      const path = join(dir, name);
      // Ignore folders of other users and ones already removed.
      if (await isLeft(path)) await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  } catch {
    // Skip the cleanup if the folder cannot be listed.
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

import { dirname, join } from "node:path";

/** Prefix of the names of files being written; no complete file has it. */
export const TEMPORARY_PREFIX = ".tmp-";

/** Returns a new path in `folder` for a file being written. */
export function temporaryPath(folder: string): string {
  return join(folder, `${TEMPORARY_PREFIX}${Deno.pid}-${crypto.randomUUID()}`);
}

/**
 * Writes a file atomically: temporary file in the same folder, fdatasync, rename, fsync of the
 * folder. Creates missing folders and syncs their parents. The umask narrows `mode`. Throws what
 * the file system or `data` throws; the file is then unchanged.
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o666,
): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryPath(folder);
  const file = await createIn(folder, temporary, mode);
  try {
    try {
      if (typeof data === "string") await writeAll(file, new TextEncoder().encode(data));
      else if (data instanceof Uint8Array) await writeAll(file, data);
      else for await (const chunk of data) await writeAll(file, chunk);
      await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/** Makes creations, renames and removals in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call; NTFS journals its metadata.
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

/**
 * Locks a folder, created if needed, until disposed; waits for other holders. Uses the system's
 * flock, which ends with the process. Does nothing on Windows, which cannot lock folders.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  await makeFolder(folder);
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const handle = await Deno.open(folder);
  try {
    await handle.lock(true);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

async function createIn(folder: string, path: string, mode: number): Promise<Deno.FsFile> {
  const options = { write: true, createNew: true, mode };
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(folder);
    return await Deno.open(path, options);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Another writer may create the parent or the folder between these calls.
    await makeFolder(dirname(folder));
    await Deno.mkdir(folder).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
  await syncFolder(dirname(folder));
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  let written = 0;
  while (written < data.length) written += await file.write(data.subarray(written));
}

import { dirname, join } from "node:path";
import { TEMPORARY_PREFIX } from "./key.ts";

/**
 * Writes a file that is there whole or not at all: a temporary file in the same folder, fdatasync,
 * rename, fsync of the folder. Missing folders are made, and synced into their parents. Throws what
 * the file system or `data` throws; then the file is as it was.
 */
export async function writeFileAtomically(
  path: string,
  data: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `${TEMPORARY_PREFIX}${Deno.pid}-${crypto.randomUUID()}`);
  const file = await createIn(folder, temporary);
  try {
    try {
      if (data instanceof Uint8Array) await writeAll(file, data);
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

/** Makes what was created, renamed or removed in `folder` survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call, and keeps names in its own journal.
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

/**
 * Waits until nobody else holds the folder, which is made if need be, and holds it until disposed.
 * The lock is the system's (flock): it ends with the process. On Windows, which has none of folders,
 * nothing is held.
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

async function createIn(folder: string, path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(folder);
    return await Deno.open(path, { write: true, createNew: true });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Another writer may make the parent or the folder between these calls.
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

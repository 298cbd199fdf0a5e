import { TEMPORARY_PREFIX, temporaryPath } from "@ssmd/runtime";
import { join } from "node:path";

/**
 * Removes temporary files under `root` not modified for `ageMs`, left by killed writers. Returns
 * their number. Skips what cannot be read or removed.
 */
export async function removeLeftovers(root: string, ageMs: number): Promise<number> {
  const beforeMs = await nowOf(root) - ageMs;
  let removed = 0;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of Deno.readDir(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory) folders.push(path);
        else if (entry.name.startsWith(TEMPORARY_PREFIX) && await removeOld(path, beforeMs)) {
          removed++;
        }
      }
    } catch {
      continue;
    }
  }
  return removed;
}

/**
 * Returns the time of a folder's file system, ms since 1970; -Infinity when nothing can be written.
 * A server of files, or a clock that was set, may be hours from ours: a file in the making is not old.
 */
async function nowOf(root: string): Promise<number> {
  const path = temporaryPath(root);
  try {
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
    const { mtime } = await Deno.stat(path).finally(() => Deno.remove(path));
    return mtime?.getTime() ?? -Infinity;
  } catch {
    return -Infinity;
  }
}

async function removeOld(path: string, beforeMs: number): Promise<boolean> {
  const { mtime } = await Deno.stat(path);
  if (mtime === null || mtime.getTime() >= beforeMs) return false;
  await Deno.remove(path);
  return true;
}

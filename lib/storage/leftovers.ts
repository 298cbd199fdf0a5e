import { TEMPORARY_PREFIX } from "@ssmd/runtime";
import { join } from "node:path";

/**
 * Removes temporary files under `root` not modified since `beforeMs` (ms since 1970), left by
 * killed writers. Returns their number. Skips what cannot be read or removed.
 */
export async function removeLeftovers(root: string, beforeMs: number): Promise<number> {
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

async function removeOld(path: string, beforeMs: number): Promise<boolean> {
  const { mtime } = await Deno.stat(path);
  if (mtime === null || mtime.getTime() >= beforeMs) return false;
  await Deno.remove(path);
  return true;
}

import { join } from "node:path";
import { sleep } from "@ssmd/runtime";
import type { StorageLock } from "./storage.ts";

/** A killed process releases its lock with a short delay. */
const WAIT_MS = 300;
const AGAIN_MS = 30;

/**
 * Locks a name in a folder with flock, which ends with the process, even by kill -9. Returns the
 * text left by the current holder if it is taken. Throws like Deno.open.
 */
export async function lockInFolder(
  folder: string,
  name: string,
  holder: string,
): Promise<StorageLock | { heldBy: string }> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, `.${name}.lock`);
  const file = await Deno.open(path, { create: true, write: true, read: true });
  // Poll instead of a blocking lock, which would keep a rejected process alive.
  const deadlineMs = performance.now() + WAIT_MS;
  while (!await file.tryLock(true)) {
    if (performance.now() > deadlineMs) {
      file.close();
      return { heldBy: (await Deno.readTextFile(path)).trim() || "another process" };
    }
    await sleep(AGAIN_MS);
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(`${holder}\n`));
  return { release: () => file.close() };
}

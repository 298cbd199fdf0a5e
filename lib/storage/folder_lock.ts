import { join } from "node:path";
import { sleep } from "@ssmd/runtime";
import type { StorageLock } from "./storage.ts";

/** A process that was just killed gives its lock free a moment later. */
const WAIT_MS = 300;
const AGAIN_MS = 30;

/**
 * Locks a name in a folder by the system (flock): it ends with the process, also by kill -9. Gives
 * the text that the holder left when another one has it. Throws as Deno.open does.
 */
export async function lockInFolder(
  folder: string,
  name: string,
  holder: string,
): Promise<StorageLock | { heldBy: string }> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, `.${name}.lock`);
  const file = await Deno.open(path, { create: true, write: true, read: true });
  // Never waits inside the system: a lock that is waited for there keeps a refused process alive.
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

import { whoIsThis } from "@ssmd/journal";

/** Held while a process runs an environment's jobs. */
export interface RunnerLock {
  release(): void;
}

/**
 * Makes this process the one that runs the jobs of a store; undefined = another one does. The lock is
 * the system's (flock): it ends with the process, also by kill -9.
 */
export async function lockRunner(path: string): Promise<RunnerLock | undefined> {
  const file = await Deno.open(path, { create: true, write: true });
  if (!await file.tryLock(true)) {
    file.close();
    return undefined;
  }
  const { pid, host } = whoIsThis();
  await file.truncate();
  await file.write(new TextEncoder().encode(`process ${pid} on ${host}`));
  return { release: () => file.close() };
}

/** Whether a process holds a lock. */
export async function isLocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { write: true });
    return !await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Who holds a lock, for a person. */
export async function holderOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "") || "another process";
}

import { whoIsThis } from "@ssmd/journal";

/** Held while a process runs an environment's jobs. */
export interface RunnerLock {
  release(): void;
}

/**
 * Locks a job store for this process; undefined when another holds it. Uses flock, which ends with
 * the process even on kill -9.
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

/** Returns whether a process holds a lock. */
export async function isLocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { write: true });
    return !await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Describes the holder of a lock. */
export async function holderOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "") || "another process";
}

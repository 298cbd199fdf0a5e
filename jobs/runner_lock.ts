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
  if (await file.tryLock(true)) return { release: () => file.close() };
  file.close();
  return undefined;
}

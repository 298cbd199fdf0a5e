import { SsmdError } from "@ssmd/runtime";

/** Held while a connector uses its spool. */
export interface SpoolLock {
  release(): void;
}

const WAIT_MS = 300;

/**
 * Makes sure that one connector alone uses a spool: two would write over each other. The lock is
 * the system's (flock), so it ends with the process, also by kill -9.
 */
export async function lockSpool(dir: string): Promise<SpoolLock> {
  const file = await Deno.open(`${dir}/lock`, { create: true, write: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), WAIT_MS));
  const got = await Promise.race([file.lock(true), late]);
  clearTimeout(timer);
  if (got === "late") {
    throw new SsmdError("SPOOL_IN_USE", `another process captures into the spool ${dir}`, {
      hint: "stop it first, or choose another folder with --data",
    });
  }
  return { release: () => file.close() };
}

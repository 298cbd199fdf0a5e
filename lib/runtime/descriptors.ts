import { systemCodeOf } from "./errors.ts";

/** The launcher's `ulimit -Hn`, to which Deno raises its own limit; unset or "unlimited" = count. */
const LIMIT_VARIABLE = "SSMD_DESCRIPTORS";
/** More than a process has open while it starts. */
const OPEN_AT_START_MAX = 64;

/**
 * Returns how many more file descriptors this process can open, up to `most`: what the launcher
 * knows, else what is counted at `path`, a readable file or folder; undefined = it cannot be opened.
 */
export function freeDescriptors(path: string, most: number): number | undefined {
  const limit = Number(Deno.env.get(LIMIT_VARIABLE) || NaN);
  if (Number.isNaN(limit)) return countFreeDescriptors(path, most);
  return Math.min(most, Math.max(0, limit - OPEN_AT_START_MAX));
}

/**
 * Opens `path` until the system refuses, then closes all; no permission reveals the limit itself.
 * About 20 µs per descriptor.
 */
function countFreeDescriptors(path: string, most: number): number | undefined {
  const open: Deno.FsFile[] = [];
  try {
    while (open.length < most) open.push(Deno.openSync(path));
    return open.length;
  } catch (error) {
    return systemCodeOf(error) === "EMFILE" || systemCodeOf(error) === "ENFILE"
      ? open.length
      : undefined;
  } finally {
    for (const file of open) file.close();
  }
}

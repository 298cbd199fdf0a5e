import { systemCodeOf } from "./errors.ts";

/**
 * Returns how many more file descriptors this process can open, up to `most`. Opens `path` (a
 * readable file or folder) until the system refuses, then closes all; no permission reveals the
 * limit itself. undefined = `path` cannot be opened. About 10 µs per descriptor.
 */
export function countFreeDescriptors(path: string, most: number): number | undefined {
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

import { systemCodeOf } from "./errors.ts";

/**
 * File descriptors that this process can still open, at most `most`. It opens `path` (a file or
 * folder that may be read) until the system refuses and closes all again: no permission shows the
 * limit itself. undefined = `path` cannot be opened at all. About 10 µs a descriptor.
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

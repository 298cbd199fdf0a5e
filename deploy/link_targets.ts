import { dirname, resolve } from "node:path";

/** Folders of an archive that often are links to another disk. */
const PARTS = ["", "/raw", "/normalized", "/spool"];

/**
 * Returns the paths, and beside each that is a link, or lies behind one, where it leads: Deno
 * permits what a link leads to only by its own name.
 */
export function withLinkTargets(paths: readonly string[]): string[] {
  const targets = paths.flatMap((path) =>
    PARTS.flatMap((part) => targetOf(resolve(path) + part) ?? [])
  );
  const outer = targets.filter((path) => !targets.some((other) => path.startsWith(`${other}/`)));
  return [...new Set([...paths, ...outer])];
}

/** Where a path leads, of which the last parts need not exist; undefined = it contains no link. */
function targetOf(path: string): string | undefined {
  const real = realPathOf(path);
  return real === path ? undefined : real;
}

function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    const real = realPathOf(parent);
    return `${real === "/" ? "" : real}${path.slice(parent === "/" ? 0 : parent.length)}`;
  }
}

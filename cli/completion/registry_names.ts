import type { Completes } from "../command/flag.ts";

/** Returns registry names of a kind, in the given or working directory; empty without a registry. */
export type NameSource = (kind: Completes, dir?: string) => Promise<readonly string[]>;

/** Maximum number of parent folders searched for a registry. */
const PARENTS_MAX = 32;

/** Reads names from the registry's files. Corrupt files give fewer names, never an error. */
export const registryNames: NameSource = async (kind, dir) => {
  const root = findRoot(dir);
  if (root === undefined) return [];
  if (kind === "environment") return filesIn(`${root}/environments`, ".yaml");
  if (kind === "calendar") return filesIn(`${root}/calendars`, ".yaml");
  if (kind === "feed") return filesIn(`${root}/feeds`, ".yaml");
  if (kind === "schema") return filesIn(`${root}/schemas`, ".capnp");
  if (kind === "symbol" || kind === "key") return await keysOf(root, `${kind}s`);
  return [];
};

/** Same search as `findRegistry` of lib/metadata, without loading its packages. */
function findRoot(dir: string | undefined): string | undefined {
  let up = dir ?? ".";
  for (let i = 0; i < PARENTS_MAX; i++) {
    for (const candidate of [up, `${up}/exchanges`]) {
      if (isFolder(`${candidate}/feeds`) && isFolder(`${candidate}/environments`)) return candidate;
    }
    if (dir !== undefined) return undefined;
    up = `${up}/..`;
  }
  return undefined;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function filesIn(dir: string, extension: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name)
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length)).sort();
  } catch {
    return [];
  }
}

/** Keys of one mapping, over all environments. */
async function keysOf(root: string, field: string): Promise<string[]> {
  const { parse } = await import("yaml");
  const keys = new Set<string>();
  for (const name of filesIn(`${root}/environments`, ".yaml")) {
    try {
      const file = parse(Deno.readTextFileSync(`${root}/environments/${name}.yaml`));
      for (const key of Object.keys(file?.[field] ?? {})) keys.add(key);
    } catch {
      // Skip an invalid file: it may be half written.
    }
  }
  return [...keys].sort();
}

import { findRegistry } from "@ssmd/metadata/find_registry";
import { ConfigError } from "@ssmd/runtime/errors";
import type { Globals } from "./context.ts";

/**
 * Like {@linkcode registryDirOf}, but falls back to the registry shipped with ssmd when none is
 * named or found, so that a first `up` needs no project.
 */
export async function registryToRun(globals: Pick<Globals, "dir">): Promise<string> {
  if (globals.dir !== undefined) return await registryDirOf(globals);
  const found = await findRegistry(Deno.cwd()).catch(() => undefined);
  return found ?? new URL("../exchanges", import.meta.url).pathname;
}

/**
 * Registry folder of a command: `--dir` (the folder itself or its project), else searched upward
 * from the working directory. Throws ConfigError `CONFIG_NOT_FOUND`; a named folder is never
 * replaced by one further up.
 */
export async function registryDirOf({ dir }: Pick<Globals, "dir">): Promise<string> {
  if (dir === undefined) return await findRegistry(Deno.cwd());
  const named = dir.replace(/(?<=.)\/+$/, "");
  const found = await findRegistry(named).catch(() => undefined);
  if (found !== undefined && [named, `${named}/exchanges`, "exchanges"].includes(found)) {
    return found;
  }
  throw new ConfigError("CONFIG_NOT_FOUND", `There is no registry in "${dir}"`, {
    hint: "--dir names a folder with feeds/ and environments/ in it, or the one above (exchanges/)",
    context: { dir },
  });
}

import { findRegistry } from "@ssmd/metadata/find_registry";
import { ConfigError } from "@ssmd/runtime/errors";
import type { Globals } from "./context.ts";

/** Flags and the command's declaration that decide on the registry. */
export type RegistryChoice = Pick<Globals, "dir" | "shippedRegistry">;

/**
 * Registry folder of a command: `--dir` (the folder itself or its project), else searched upward
 * from the working directory, else, if the command declares it, the one shipped with ssmd. Throws
 * ConfigError `CONFIG_NOT_FOUND`; a named folder is never replaced by one further up.
 */
export async function registryDirOf({ dir, shippedRegistry }: RegistryChoice): Promise<string> {
  if (dir === undefined) {
    if (!shippedRegistry) return await findRegistry(Deno.cwd());
    const own = await findRegistry(Deno.cwd()).catch(() => undefined);
    return own ?? new URL("../exchanges", import.meta.url).pathname;
  }
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

import { ConfigError, systemCodeOf } from "@ssmd/runtime/errors";
import { REGISTRY_FOLDERS, registryFileIdOf } from "./registry_file.ts";

/**
 * Lists the files in a registry folder, sorted. Follows symbolic links, as clusters mount
 * configuration as links. Includes broken links, so that reading them reports an error. Throws like
 * `Deno.readDir`.
 */
export async function fileNamesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile, isSymlink } of Deno.readDir(folder)) {
    if (isFile || (isSymlink && !await leadsToFolder(`${folder}/${name}`))) names.push(name);
  }
  return names.sort();
}

/** Reads a registry file. Throws ConfigError `CONFIG_NOT_FOUND` or `CONFIG_UNREADABLE`. */
export async function readRegistryFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw unreadableError(path, error);
  }
}

/** Reads the current texts of a registry folder. */
export async function readRegistryTexts(dir: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const folder of REGISTRY_FOLDERS) {
    for (const name of await namesIn(`${dir}/${folder}`)) {
      const path = `${folder}/${name}`;
      // Include misnamed files, so that they are reported.
      if (/\.(yaml|yml|capnp)$/.test(name)) {
        texts.set(path, await readRegistryFile(`${dir}/${path}`));
      }
    }
  }
  return texts;
}

/** Returns the names of the feeds in a registry folder, sorted. Throws as `readRegistryTexts`. */
export async function readFeedNames(dir: string): Promise<string[]> {
  const files = [...(await readRegistryTexts(dir)).keys()].map(registryFileIdOf);
  return files.flatMap((file) => file?.kind === "feed" ? [file.name] : []).sort();
}

/** Converts the error of reading a registry file or folder. */
export function unreadableError(path: string, error: unknown): ConfigError {
  if (error instanceof Deno.errors.NotFound) {
    return new ConfigError("CONFIG_NOT_FOUND", `${path} does not exist`, {
      hint: "Start in the project's folder, or name the registry folder",
      context: { path },
      cause: error,
    });
  }
  const why = systemCodeOf(error) || (error instanceof Error ? error.name : "unknown cause");
  return new ConfigError("CONFIG_UNREADABLE", `${path} cannot be read (${why})`, {
    hint: "Check that it is readable by this user and within the granted --allow-read",
    context: { path },
    cause: error,
  });
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fileNamesIn(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw unreadableError(folder, error);
  }
}

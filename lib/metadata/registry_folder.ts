import { ConfigError, systemCodeOf } from "@ssmd/runtime";

/**
 * Names of the files in a folder of the registry, sorted. A symbolic link counts as what it leads
 * to: clusters mount their configuration as links. A link that leads nowhere is named as well, so
 * that whoever reads it is told. Throws as `Deno.readDir` does.
 */
export async function fileNamesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile, isSymlink } of Deno.readDir(folder)) {
    if (isFile || (isSymlink && !await leadsToFolder(`${folder}/${name}`))) names.push(name);
  }
  return names.sort();
}

/** The text of a registry file. Throws ConfigError `CONFIG_NOT_FOUND` or `CONFIG_UNREADABLE`. */
export async function readRegistryFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw unreadableError(path, error);
  }
}

/** What a failed reading of a registry's file or folder means for a person. */
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

import { loadStorage } from "@ssmd/metadata";
import { ArchiveError, ConfigError } from "@ssmd/runtime";
import { folderStorage, openStorage, type Storage } from "@ssmd/storage";

/** Where an archive is looked for. */
export interface ArchivePlace {
  /** A folder on this machine. */
  data?: string;
  /** An environment; its own storage is opened where no folder is named. */
  env?: string;
  /** Registry folder; default: found upward from the working directory. */
  registryDir?: string;
}

const DEFAULT_DATA_DIR = "./data";

/**
 * Opens the archive to be read: the folder that is named, else the environment's storage, else
 * `./data`. Throws ArchiveError `ARCHIVE_NOT_FOUND` for a folder that is not there, ConfigError for
 * an environment that is wrong or keeps nothing.
 */
export async function openArchive({ data, env, registryDir }: ArchivePlace): Promise<Storage> {
  if (data !== undefined || env === undefined) return await openFolder(data ?? DEFAULT_DATA_DIR);
  const storage = await loadStorage({ env, ...(registryDir === undefined ? {} : { registryDir }) });
  if (storage.type === "local") return await openFolder(storage.path);
  if (storage.type === "s3") return await openStorage(storage);
  throw new ConfigError(
    "STORAGE_NOT_SHARED",
    `Environment ${env} keeps its files in the memory of its process.`,
    { hint: "Choose an environment with local or s3 storage, or name a folder with --data." },
  );
}

async function openFolder(path: string): Promise<Storage> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat?.isDirectory) return folderStorage(path);
  throw new ArchiveError("ARCHIVE_NOT_FOUND", `There is no folder "${path}".`, {
    hint: "Name the archive's folder with --data.",
  });
}

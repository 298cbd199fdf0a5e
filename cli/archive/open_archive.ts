import { loadStorage } from "@ssmd/metadata";
import { ArchiveError, ConfigError } from "@ssmd/runtime";
import { openStorage, type Storage, type StorageConfig } from "@ssmd/storage";

/** Where an archive is looked for. */
interface ArchiveLocation {
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
export async function openArchive(archive: ArchiveLocation): Promise<Storage> {
  return await openStorage(await archiveConfig(archive));
}

/** The configuration that {@linkcode openArchive} opens, for threads that open it themselves. */
export async function archiveConfig(
  { data, env, registryDir }: ArchiveLocation,
): Promise<StorageConfig> {
  if (data !== undefined || env === undefined) return await folder(data ?? DEFAULT_DATA_DIR);
  const storage = await loadStorage({ env, ...(registryDir === undefined ? {} : { registryDir }) });
  if (storage.type === "local") return await folder(storage.path);
  if (storage.type === "s3") return storage;
  throw new ConfigError(
    "STORAGE_NOT_SHARED",
    `Environment ${env} keeps its files in the memory of its process`,
    { hint: "Choose an environment with local or s3 storage, or name a folder with --data" },
  );
}

async function folder(path: string): Promise<StorageConfig> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat?.isDirectory) return { type: "local", path };
  throw new ArchiveError("ARCHIVE_NOT_FOUND", `There is no folder "${path}"`, {
    hint: "Name the archive's folder with --data",
  });
}

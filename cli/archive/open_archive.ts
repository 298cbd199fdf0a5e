import { loadStorage } from "@ssmd/metadata";
import { ArchiveError, ConfigError } from "@ssmd/runtime";
import { openStorage, type Storage, type StorageConfig } from "@ssmd/storage";

/** Location of an archive. */
interface ArchiveLocation {
  /** Local folder. */
  data?: string;
  /** Environment whose storage is opened when `data` is absent. */
  env?: string;
  /** Registry folder; default: searched upward from the working directory. */
  registryDir?: string;
}

const DEFAULT_DATA_DIR = "./data";

/**
 * Opens an archive for reading: `data`, else the environment's storage, else `./data`. Throws
 * ArchiveError `ARCHIVE_NOT_FOUND` for a missing folder, ConfigError for an invalid environment or
 * one with memory storage.
 */
export async function openArchive(archive: ArchiveLocation): Promise<Storage> {
  return await openStorage(await archiveConfig(archive));
}

/** Configuration used by {@linkcode openArchive}, for worker threads that open the archive themselves. */
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

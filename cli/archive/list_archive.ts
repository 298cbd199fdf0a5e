import { archivedEnvs } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { notice, type SsmdContext } from "../context.ts";
import { openArchive } from "./open_archive.ts";

/** Where an archive is read from, and the environment that its files are looked for of. */
interface ListedArchive {
  data?: string;
  env?: string;
  /** Whether the registry has `env`, although `data` is named: it is no typing error. */
  isEnvKnown?: boolean;
}

/**
 * The answer of `read`; `none` with a note where nothing is archived yet. A folder that `data`
 * names must exist, and an environment that is not in an archive of others is refused as by `read`.
 */
export async function listArchive<T>(
  context: SsmdContext,
  archive: ListedArchive,
  { read, none }: { read: (storage: Storage) => Promise<T>; none: T },
): Promise<T> {
  const { globals: { dir } } = context;
  const { data, env, isEnvKnown = data === undefined } = archive;
  let storage: Storage | undefined;
  try {
    storage = await openArchive(dir === undefined ? archive : { ...archive, registryDir: dir });
    return await read(storage);
  } catch (error) {
    if (!(error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND")) throw error;
    const isEmpty = storage === undefined
      ? data === undefined
      : await hasNothing(storage, isEnvKnown ? env : undefined);
    if (!isEmpty) throw error;
    notice(context, `note: nothing is archived yet. ${error.message}`);
    return none;
  } finally {
    await storage?.close();
  }
}

async function hasNothing(storage: Storage, env: string | undefined): Promise<boolean> {
  const envs = await archivedEnvs(storage);
  return env === undefined ? envs.length === 0 : !envs.includes(env);
}

import type { Storage } from "@ssmd/storage";
import type { SsmdContext } from "../context.ts";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "./open_archive.ts";

/** The archive that flags name, with the environment that is meant in it. */
export interface NamedArchive {
  storage: Storage;
  env: string;
}

/** Flags that name an archive. */
interface ArchiveFlags {
  data?: string;
  env?: string;
}

/** Opens the archive that flags name and closes it. Throws as `openArchive` and `envOf`, and what `body` throws. */
export async function withArchive<T>(
  { globals: { dir } }: SsmdContext,
  flags: ArchiveFlags,
  body: (archive: NamedArchive) => Promise<T>,
): Promise<T> {
  const storage = await openArchive(dir === undefined ? flags : { ...flags, registryDir: dir });
  try {
    return await body({ storage, env: await envOf(storage, flags.env) });
  } finally {
    await storage.close();
  }
}

import type { Storage } from "@ssmd/storage";
import type { SsmdContext } from "../context.ts";
import { envOf } from "@ssmd/dataset/inventory";
import { openArchive } from "./open_archive.ts";

/** Open archive and the environment selected in it. */
export interface NamedArchive {
  storage: Storage;
  env: string;
}

/** Flags that locate an archive. */
interface ArchiveFlags {
  data?: string;
  env?: string;
}

/** Opens an archive for `body` and closes it. Throws like `openArchive`, `envOf` and `body`. */
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

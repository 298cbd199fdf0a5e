import { ConfigError } from "@ssmd/runtime";
import type { ObjectVersions, Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import type { SsmdContext } from "../context.ts";
import { ENV_FLAG } from "../flags.ts";

/** `--env` of the commands about versions: only environments have buckets. */
export const VERSIONED_ENV_FLAG = {
  kind: "parsed",
  parse: String,
  brief: "Environment whose buckets are meant",
  placeholder: ENV_FLAG.placeholder,
  completes: ENV_FLAG.completes,
} as const;

/**
 * Opens an environment's storage for what is done with versions, and closes it. Throws ConfigError
 * `STORAGE_UNVERSIONED` where the storage keeps none.
 */
export async function withVersions<T>(
  { globals: { dir } }: SsmdContext,
  env: string,
  action: (versions: ObjectVersions, storage: Storage) => Promise<T>,
): Promise<T> {
  const storage = await openArchive({ env, ...(dir === undefined ? {} : { registryDir: dir }) });
  try {
    if (storage.versions !== undefined) return await action(storage.versions, storage);
    throw new ConfigError(
      "STORAGE_UNVERSIONED",
      `The ${storage.type} storage of ${env} keeps no versions of objects.`,
      { hint: "Only s3 storage can: what is deleted or written over elsewhere is gone." },
    );
  } finally {
    await storage.close();
  }
}

import { z } from "zod";
import { ConfigError } from "@ssmd/runtime";
import type { ObjectVersion, ObjectVersions, Storage } from "@ssmd/storage";
import { openArchive } from "../archive/open_archive.ts";
import { text } from "../command/flag.ts";
import type { SsmdContext } from "../context.ts";

/** `--env` of version commands: only environments have buckets. */
export const VERSIONED_ENVIRONMENT = text("Environment of the buckets", {
  placeholder: "env",
  completes: "environment",
  required: true,
});

/** Object key argument. */
export const OBJECT_KEY = text("Key of the object", { placeholder: "key", required: true });

/** Key prefix argument. */
export const KEY_PREFIX = text("Prefix of the keys; none = all", { placeholder: "prefix" });

/** State of a version: current, older or a deletion marker. */
export const VERSION_STATE = z.enum(["current", "older", "deletion", "current deletion"]);

/** The {@linkcode VERSION_STATE} of a version. */
export function versionState(
  { isLatest, isDeletion }: ObjectVersion,
): z.output<typeof VERSION_STATE> {
  if (isDeletion) return isLatest ? "current deletion" : "deletion";
  return isLatest ? "current" : "older";
}

/**
 * Opens an environment's storage for `action` and closes it. Throws ConfigError
 * `STORAGE_UNVERSIONED` when it keeps no versions.
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
      `The ${storage.type} storage of ${env} keeps no versions of objects`,
      { hint: "Only s3 storage can: what is deleted or written over elsewhere is gone" },
    );
  } finally {
    await storage.close();
  }
}

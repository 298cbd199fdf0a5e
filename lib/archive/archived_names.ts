import { ArchiveError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type ArchiveKind, parseManifestKey } from "./paths.ts";

/** Keys scanned for name suggestions in errors. */
const KEYS_FOR_NAMES_MAX = 10_000;
/** Folders that a capture writes to; a local spool is beside the archive. */
const CAPTURE_FOLDERS = ["raw", "normalized", "spool"];
const KINDS: readonly ArchiveKind[] = ["normalized", "raw"];

/** Returns the environments with manifests, sorted; lists all keys. */
export async function archivedEnvs(storage: Storage): Promise<string[]> {
  const envs = new Set<string>();
  for (const kind of KINDS) {
    for await (const { key } of storage.list(`${kind}/`)) {
      const manifestId = parseManifestKey(key);
      if (manifestId !== undefined) envs.add(manifestId.env);
    }
  }
  return [...envs].sort();
}

/**
 * Returns the feeds of an environment with manifests, sorted; lists all keys of it. Throws
 * ArchiveError `ARCHIVE_NOT_FOUND` when there is none.
 */
export async function archivedFeeds(
  storage: Storage,
  env: string,
  kinds: readonly ArchiveKind[] = KINDS,
): Promise<string[]> {
  const feeds = new Set<string>();
  for (const kind of kinds) {
    for await (const { key } of storage.list(`${kind}/${env}/`)) {
      const manifestId = parseManifestKey(key);
      if (manifestId !== undefined) feeds.add(manifestId.feed);
    }
  }
  if (feeds.size === 0) throw await archiveNotFound(storage, env);
  return [...feeds].sort();
}

/**
 * Returns the error of an archive, or of an environment in it, that has no manifest. One that a
 * capture has begun is distinguished from one that is not there.
 */
export async function archiveNotFound(storage: Storage, env?: string): Promise<ArchiveError> {
  const what = env === undefined ? "archive" : `archive of the environment "${env}"`;
  const context = env === undefined ? {} : { env };
  if (await isBegun(storage, env)) {
    const message = `The ${what} in "${storage.location}" has no finished file yet`;
    const hint = "A capture writes its first files within two minutes of its start";
    return new ArchiveError("ARCHIVE_NOT_FOUND", message, { hint, context });
  }
  const envs = env === undefined ? [] : await namesIn(storage, "normalized/");
  return new ArchiveError("ARCHIVE_NOT_FOUND", `There is no ${what} in "${storage.location}"`, {
    hint: env === undefined || envs.length === 0
      ? "--data names the folder that holds raw/ and normalized/; --env alone takes its storage"
      : suggestion(env, envs),
    context,
  });
}

async function isBegun(storage: Storage, env: string | undefined): Promise<boolean> {
  for (const folder of CAPTURE_FOLDERS) {
    if (await hasAny(storage, env === undefined ? `${folder}/` : `${folder}/${env}/`)) return true;
  }
  return false;
}

/** Returns whether storage has a key that starts like this. */
export async function hasAny(storage: Storage, prefix: string): Promise<boolean> {
  for await (const _ of storage.list(prefix)) return true;
  return false;
}

/** Returns the folders in a folder, from its first keys only. */
export async function namesIn(storage: Storage, folder: string): Promise<string[]> {
  const names = new Set<string>();
  let count = 0;
  for await (const { key } of storage.list(folder)) {
    const [name = "", ...below] = key.slice(folder.length).split("/");
    if (below.length > 0) names.add(name);
    if (++count >= KEYS_FOR_NAMES_MAX) break;
  }
  return [...names];
}

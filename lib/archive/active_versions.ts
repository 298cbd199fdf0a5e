import type { Storage } from "@ssmd/storage";
import { formatHashedJson, loadHashedJson } from "./hashed_json.ts";
import { activeVersionsKey, NORMALIZED_VERSION } from "./paths.ts";

const FORMAT = "ssmd-promoted/1";

/** The normalized version of a feed that is read when none is named. */
export interface ActiveVersions {
  /** Name and version of this format. */
  format: typeof FORMAT;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** The version of every day that is not named below: the archiver's, which writes the days to come. */
  default: string;
  /** Versions of single days, `YYYY-MM-DD` → version. */
  days: Record<string, string>;
  /** ISO time of the last change. */
  updatedAt: string;
}

/**
 * The active versions; the archiver's where none was chosen.
 * Throws ArchiveError `FILE_DAMAGED`, or StorageError when storage is away.
 */
export async function loadActiveVersions(
  storage: Storage,
  env: string,
  feed: string,
): Promise<ActiveVersions> {
  const key = activeVersionsKey(env, feed);
  const active = await loadHashedJson<ActiveVersions>(storage, key, FORMAT);
  return active ??
    { format: FORMAT, env, feed, default: NORMALIZED_VERSION, days: {}, updatedAt: "" };
}

/** The version that is read of a day (`YYYY-MM-DD`). */
export function activeVersionOn(active: ActiveVersions, day: string): string {
  return active.days[day] ?? active.default;
}

/** Writes one object, so that a reader sees the old choice or the new one. */
export async function saveActiveVersions(storage: Storage, active: ActiveVersions): Promise<void> {
  await storage.put(activeVersionsKey(active.env, active.feed), formatHashedJson(active));
}

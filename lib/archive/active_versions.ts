import type { Storage } from "@ssmd/storage";
import { formatHashedJson, loadHashedJson } from "./hashed_json.ts";
import { activeVersionsKey, NORMALIZED_VERSION } from "./paths.ts";

const FORMAT = "ssmd-promoted/1";

/** Normalized version that readers use when they name none, per feed and day. */
export interface ActiveVersions {
  /** Name and version of this format. */
  format: typeof FORMAT;
  env: string;
  feed: string;
  /** Version of every day not listed in `days`: the one the archiver writes, so also of future days. */
  default: string;
  /** Versions of single days, `YYYY-MM-DD` → version. */
  days: Record<string, string>;
  /** ISO time of the last change. */
  updatedAt: string;
}

/**
 * Loads the active versions; the archiver's version for every day when nothing is stored. Throws
 * ArchiveError `FILE_DAMAGED`, or StorageError when storage is unavailable.
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

/** Returns the active version of a day (`YYYY-MM-DD`). */
export function activeVersionOn(active: ActiveVersions, day: string): string {
  return active.days[day] ?? active.default;
}

/** Writes the active versions as one object, so readers see either the old or the new set. */
export async function saveActiveVersions(storage: Storage, active: ActiveVersions): Promise<void> {
  await storage.put(activeVersionsKey(active.env, active.feed), formatHashedJson(active));
}

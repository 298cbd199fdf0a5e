import type { Storage } from "@ssmd/storage";
import { formatHashedJson, loadHashedJson } from "./hashed_json.ts";
import { NORMALIZED_VERSION, promotedKey } from "./paths.ts";

const FORMAT = "ssmd-promoted/1";

/** Which normalized version of a feed is read where none is asked for. */
export interface Promoted {
  /** Name and version of this format. */
  format: typeof FORMAT;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** The version of every day that is not named below. */
  default: string;
  /** Versions of single days, `YYYY-MM-DD` → version. */
  days: Record<string, string>;
  /** ISO time of the last change. */
  updatedAt: string;
}

/**
 * What is promoted; where nothing ever was, it is the version that the archiver writes.
 * Throws ArchiveError `FILE_DAMAGED`, or StorageError when storage is away.
 */
export async function loadPromoted(storage: Storage, env: string, feed: string): Promise<Promoted> {
  const key = promotedKey(env, feed);
  const promoted = await loadHashedJson<Promoted>(storage, key, FORMAT);
  return promoted ??
    { format: FORMAT, env, feed, default: NORMALIZED_VERSION, days: {}, updatedAt: "" };
}

/** The version that is read of a day (`YYYY-MM-DD`). */
export function promotedOn(promoted: Promoted, day: string): string {
  return promoted.days[day] ?? promoted.default;
}

/** Writes what is promoted: one object, so that a reader sees the old choice or the new one. */
export async function savePromoted(storage: Storage, promoted: Promoted): Promise<void> {
  await storage.put(promotedKey(promoted.env, promoted.feed), formatHashedJson(promoted));
}

import { DERIVED_TYPES } from "@ssmd/market";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { archivedFeeds, namesIn } from "../archived_names.ts";
import type { DaySummary } from "./day_summary.ts";
import { unmadeDays, type UnmadeQuery } from "./unmade_days.ts";

/** What is read from an archive. */
interface ReadRecords extends Omit<UnmadeQuery, "feed"> {
  /** Absent: all. */
  feeds?: readonly string[] | undefined;
  /** Record types and series; absent: all. Fires and actions are never made of raw frames. */
  types?: readonly string[] | undefined;
}

/**
 * Returns the days that reading leaves out silently, feed by feed: those with raw frames and no
 * records. Throws StorageError, and the archive reader's errors.
 */
export async function leftOutDays(
  storage: Storage,
  { feeds, types, ...query }: ReadRecords,
): Promise<DaySummary[]> {
  if (types?.every((type) => DERIVED_TYPES.some((derived) => derived === type))) return [];
  const found: DaySummary[] = [];
  for (const feed of feeds ?? await feedsOf(storage, query.env)) {
    found.push(...await unmadeDays(storage, { ...query, feed }));
  }
  return found;
}

/** Returns feeds with records, and others among the first raw files: listing all takes long. */
async function feedsOf(storage: Storage, env: string): Promise<string[]> {
  const made = await archivedFeeds(storage, env, ["normalized"]).catch((error) => {
    if (error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND") return [];
    throw error;
  });
  return [...new Set([...made, ...await namesIn(storage, `raw/${env}/`)])].sort();
}

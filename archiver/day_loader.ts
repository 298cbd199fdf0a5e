import type { Logger } from "@ssmd/runtime";
import { EVENT_TYPES } from "@ssmd/market";
import { normalizedTypePrefix, openManifest, parseNormalizedKey, usOfDay } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { Day } from "./day.ts";

/** Which day is to be loaded, from where. */
export interface DayPlace {
  env: string;
  feed: string;
  /** `YYYY-MM-DD`. */
  day: string;
}

/**
 * Loads a day as storage has it and deletes what a killed archiver left behind: files that no
 * manifest names, whose records were not acknowledged and therefore come again.
 * Throws ArchiveError for a damaged manifest, StorageError when storage is away.
 */
export async function loadDay(storage: Storage, place: DayPlace, logger: Logger): Promise<Day> {
  const { env, feed, day } = place;
  const manifest = await openManifest(storage, { kind: "normalized", env, feed, day });
  const named = new Set(manifest.files.map((file) => file.key));
  for (const type of EVENT_TYPES) {
    const prefix = `${normalizedTypePrefix(env, feed, type)}${day.replaceAll("-", "/")}/`;
    for await (const { key } of storage.list(prefix)) {
      if (named.has(key) || parseNormalizedKey(key) === undefined) continue;
      await storage.delete(key);
      logger.warn("deleted a file that no manifest names; its records come again", { key });
    }
  }
  return new Day(manifest, usOfDay(day));
}

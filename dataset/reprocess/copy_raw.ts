import { type ManifestFile, saveManifest } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { missingRaw, planDays } from "./plan.ts";
import { rawManifests } from "./raw_connections.ts";
import { filesUpTo } from "./translate_day.ts";

/** Selects raw files to copy. */
interface CopyRawOptions {
  env: string;
  feed: string;
  /** First and last day, inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  /** Aborts the copy; its reason is thrown. */
  signal: AbortSignal;
}

/**
 * Copies all raw files needed to translate the days: their connections from each one's first line
 * on. Returns the days with lines, in order. Throws ArchiveError `RAW_MISSING` when there are none,
 * StorageError.
 */
export async function copyRaw(
  source: Storage,
  target: Storage,
  options: CopyRawOptions,
): Promise<string[]> {
  const { env, feed, from, to, signal } = options;
  const manifests = await rawManifests(source, env, feed);
  const days = planDays(manifests, from, to);
  if (days.length === 0) throw missingRaw(manifests, options);
  const files = new Map<string, ManifestFile>();
  for (const { day, connections } of days) {
    for (const connection of connections) {
      const needed = connection.files.slice(0, filesUpTo(connection, day));
      for (const file of needed) files.set(file.key, file);
    }
  }
  for (const { key } of files.values()) {
    signal.throwIfAborted();
    await target.put(key, await source.get(key));
  }
  // Copy all manifests: they hold the turns between connectors.
  for (const manifest of manifests) await saveManifest(target, manifest);
  return days.map(({ day }) => day);
}

import { type ManifestFile, saveManifest } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import { missingRaw, planDays } from "./plan.ts";
import { rawManifests } from "./raw_connections.ts";
import { filesUpTo } from "./translate_day.ts";

/** Which raw files are copied. */
interface CopyRawOptions {
  env: string;
  feed: string;
  /** First and last day, both within, `YYYY-MM-DD`. */
  from: string;
  to: string;
  /** Ends the copying; its reason is thrown. */
  signal: AbortSignal;
}

/**
 * Copies all raw files from which the days are translated: those of their connections, from each
 * one's first line on. Gives the days of which there are lines, in order. Throws ArchiveError
 * `RAW_MISSING` where there is none, StorageError.
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
  // All manifests: turns between connectors are told in them.
  for (const manifest of manifests) await saveManifest(target, manifest);
  return days.map(({ day }) => day);
}

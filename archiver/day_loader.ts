import type { Logger } from "@ssmd/runtime";
import { DERIVED_TYPES, EVENT_TYPES, isDerived } from "@ssmd/market";
import {
  changeManifest,
  type Manifest,
  type ManifestId,
  NORMALIZED_VERSION,
  normalizedTypePrefix,
  openManifest,
  parseNormalizedKey,
  readArchive,
  usOfDay,
} from "@ssmd/archive";
import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { Day } from "./day.ts";
import { fenced } from "./fence.ts";

/** Identity of the archiver that writes. */
interface ArchiveWriter {
  /** Fencing token of its lease; undefined = no other process can write here. */
  token: number | undefined;
  /** "" = no shards. */
  shard: string;
}

/** Identity of a day. */
interface DayId {
  env: string;
  feed: string;
  /** `YYYY-MM-DD`. */
  day: string;
}

/** Opens the manifest with our token written first, so that no stale write counts after cleanup. */
async function manifestOf(
  storage: Storage,
  manifestId: ManifestId,
  writer: ArchiveWriter,
): Promise<Manifest> {
  if (writer.token === undefined) return await openManifest(storage, manifestId);
  return await changeManifest(storage, manifestId, {
    change: (manifest) => {
      const ours = fenced(manifest, writer);
      return ours === manifest ? undefined : ours;
    },
  });
}

/**
 * Loads a day from storage and deletes what a killed archiver left: files that no manifest names,
 * whose records were not acknowledged and are redelivered. Other shards' files are kept, as they
 * may be named soon. Throws ArchiveError for a damaged manifest, StorageError when storage is away.
 */
export async function loadDay(
  storage: Storage,
  dayId: DayId,
  { logger, ...writer }: ArchiveWriter & { logger: Logger },
): Promise<Day> {
  const { env, feed, day } = dayId;
  const manifest = await manifestOf(storage, { kind: "normalized", env, feed, day }, writer);
  const named = new Set(manifest.files.map((file) => file.key));
  for (const type of EVENT_TYPES) {
    const prefix = `${normalizedTypePrefix(env, feed, { type })}${day.replaceAll("-", "/")}/`;
    for await (const { key } of storage.list(prefix)) {
      if (named.has(key) || parseNormalizedKey(key)?.shard !== writer.shard) continue;
      await storage.delete(key);
      logger.warn("deleted a file that no manifest names; its records come again", { key });
    }
  }
  const derived = await derivedIds(storage, dayId, manifest);
  return new Day(manifest, usOfDay(day), { derived, shard: writer.shard });
}

/** Returns the ids of a day's fires and actions. Throws as {@linkcode readArchive}. */
async function derivedIds(
  storage: Storage,
  { env, feed, day }: DayId,
  manifest: Manifest,
): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!manifest.files.some(({ type }) => type !== undefined && isDerived(type))) return ids;
  const fromUs = usOfDay(day);
  const span = { fromUs, toUs: fromUs + DAY_US, version: NORMALIZED_VERSION };
  for await (const batch of readArchive(storage, { env, feed, types: DERIVED_TYPES, ...span })) {
    for (const event of batch) if ("id" in event) ids.add(event.id);
  }
  return ids;
}

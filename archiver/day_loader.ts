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

/** Who writes to the archive. */
interface ArchiveWriter {
  /** Token of its lease; undefined = no other process can write here. */
  token: number | undefined;
  /** "" = there are no shards. */
  shard: string;
}

/** Which day is to be loaded, from where. */
interface DayId {
  env: string;
  feed: string;
  /** `YYYY-MM-DD`. */
  day: string;
}

/** The manifest; with our token in it, before anything is removed, so that no late write counts. */
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
 * Loads a day as storage has it and deletes what a killed archiver left behind: files that no
 * manifest names, whose records were not acknowledged and therefore come again. Those of other
 * shards may be about to be named.
 * Throws ArchiveError for a damaged manifest, StorageError when storage is away.
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

/** Ids of the fires and actions in a day. Throws as {@linkcode readArchive}. */
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

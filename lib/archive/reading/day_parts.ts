import { type EventType, isDerived } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Manifest, ManifestFile } from "../manifest.ts";
import { loadManifest } from "../manifest_file.ts";
import { NORMALIZED_VERSION } from "../paths.ts";
import { type ArchiveQuery, readsDerived } from "./archive_query.ts";
import type { ArchivedDay } from "./archived_days.ts";

/** A manifest of a day, and what is read of it. */
export interface DayPart {
  manifest: Manifest;
  /** Of the normalized records. */
  version: string;
  files: ManifestFile[];
}

/**
 * The manifests that a day's records are read from, none where there is none. Fires and actions are of the live
 * run: a version that was made from raw has none, so those of the archiver's version are read, unless
 * the query names its version. Throws ArchiveError `MANIFEST_DAMAGED`, StorageError.
 */
export async function dayParts(
  storage: Storage,
  query: Pick<ArchiveQuery, "env" | "feed" | "types" | "version">,
  { day, version }: ArchivedDay,
): Promise<DayPart[]> {
  const { env, feed, types } = query;
  const partOf = async (
    from: string,
    isOf: (type: EventType) => boolean,
  ): Promise<DayPart[]> => {
    const id = { kind: "normalized", env, feed, day, version: from } as const;
    const manifest = await loadManifest(storage, id);
    if (manifest === undefined) return [];
    const files = manifest.files.filter(({ type }) =>
      type !== undefined && isOf(type) && (types ?? [type]).includes(type)
    );
    return [{ manifest, version: from, files }];
  };
  if (!readsDerived(query) || version === NORMALIZED_VERSION) {
    return await partOf(version, () => true);
  }
  const derived = partOf(NORMALIZED_VERSION, isDerived);
  if (types?.every(isDerived)) return await derived;
  return (await Promise.all([partOf(version, (type) => !isDerived(type)), derived])).flat();
}

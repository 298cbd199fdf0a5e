import { type EventType, isDerived } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Manifest, ManifestFile } from "../manifest.ts";
import { loadManifest } from "../manifest_file.ts";
import { NORMALIZED_VERSION } from "../paths.ts";
import { type ArchiveQuery, readsDerived } from "./archive_query.ts";
import type { ArchivedDay } from "./archived_days.ts";

/** A manifest of a day, and the files to read. */
export interface DayPart {
  manifest: Manifest;
  /** Version of the normalized records. */
  version: string;
  files: ManifestFile[];
}

/**
 * Loads the manifests to read for a day; empty when there are none. Fires and actions exist only in
 * the live run's version, not in one rebuilt from raw: they are read from the archiver's version
 * unless the query names one. Throws ArchiveError `MANIFEST_DAMAGED`, or StorageError.
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

import { ArchiveError, inGroups, silentLogger } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import {
  changeManifest,
  isDayOver,
  isSealedDay,
  loadManifest,
  type Manifest,
  type ManifestFile,
  type ManifestId,
  NORMALIZED_VERSION,
} from "@ssmd/archive";
import type { SealDayOptions } from "./seal_options.ts";
import { sealType } from "./seal_type.ts";
import { switched, unretired } from "./sealed_manifest.ts";

/** Concurrent deletions of retired files. */
const REMOVALS_AT_ONCE = 16;

/** One type of a day before and after sealing. */
interface SealedType {
  type: EventType;
  records: number;
  /** Merged files: windows, and an earlier sealed day that got late records. */
  files: number;
  /** Their stored size. */
  bytes: number;
  /** The sealed object; undefined in a dry run. */
  sealed: { key: string; bytes: number; symbols: number } | undefined;
}

/**
 * `sealed`: at least one type was sealed. `due`: it would be, in a dry run. `already`: nothing left
 * to do. `absent`: no such day.
 */
type SealState = "sealed" | "due" | "already" | "absent";

/** Result of sealing a day. */
export interface SealedDayReport {
  env: string;
  feed: string;
  version: string;
  day: string;
  state: SealState;
  /** Types with windows. */
  types: SealedType[];
}

/**
 * Seals a day: per type, writes one Parquet file of all records by symbol and time, reads it back
 * in full, switches the manifest from the windows to it, then deletes the windows. Safe to kill:
 * the next call resumes, and readers see each record exactly once at all times. An archiver may
 * still write the day; its late windows stand beside the sealed object until the next call merges
 * both. Throws ArchiveError `DAY_NOT_OVER`, `SEAL_DIFFERS`, `SEAL_OVERTAKEN`, `ARCHIVE_DAMAGED`,
 * `SPILL_FAILED`, and StorageError.
 */
export async function sealDay(options: SealDayOptions): Promise<SealedDayReport> {
  const { storage, env, feed, version = NORMALIZED_VERSION, day } = options;
  const manifestId: ManifestId = { kind: "normalized", env, feed, version, day };
  let manifest = await loadManifest(storage, manifestId);
  const report: SealedDayReport = { env, feed, version, day, state: "absent", types: [] };
  if (manifest === undefined) return report;
  if (!options.force && !isDayOver(day, options.nowUs())) throw notOver(report);
  if (!options.dryRun) manifest = await removeRetired(manifestId, manifest, options);
  report.state = "already";
  for (const type of EVENT_TYPES) {
    const files = unsealed(manifest, type);
    if (files.length === 0) continue;
    report.state = options.dryRun ? "due" : "sealed";
    const sealed: SealedType = {
      type,
      records: files.reduce((sum, file) => sum + file.count, 0),
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      sealed: undefined,
    };
    report.types.push(sealed);
    if (options.dryRun) continue;
    const file = await sealType(manifestId, manifest, { type, files, options });
    sealed.sealed = { key: file.key, bytes: file.bytes, symbols: file.sealed?.symbols ?? 0 };
    manifest = await switchOver(manifestId, options, { sources: files, file });
    manifest = await removeRetired(manifestId, manifest, options);
  }
  return report;
}

/** Returns a type's files to seal; empty when sealed in the current format without late files. */
function unsealed(manifest: Manifest, type: EventType): ManifestFile[] {
  const files = manifest.files.filter((file) => file.type === type);
  return files.every(isSealedDay) ? [] : files;
}

async function switchOver(
  manifestId: ManifestId,
  { storage, software, nowUs }: SealDayOptions,
  { sources, file }: { sources: readonly ManifestFile[]; file: ManifestFile },
): Promise<Manifest> {
  const writtenBy = `${software.version}+${software.commit}`;
  return await changeManifest(storage, manifestId, {
    change: (manifest) => {
      const next = switched(manifest, { writtenBy, nowUs: nowUs() }, { sources, sealed: file });
      if (next !== undefined) return next;
      // Only another sealing removes files: its object has, or will have, these records.
      throw new ArchiveError(
        "SEAL_OVERTAKEN",
        `${file.key}: the manifest changed under the sealing; nothing was switched over`,
        { hint: "Another sealing of this day runs or ran. Run it again", retryable: true },
      );
    },
  });
}

/** Deletes the files retired by an earlier switch, then drops them from the manifest. */
async function removeRetired(
  manifestId: ManifestId,
  manifest: Manifest,
  { storage, nowUs, logger = silentLogger }: SealDayOptions,
): Promise<Manifest> {
  const { retired = [] } = manifest;
  if (retired.length === 0) return manifest;
  await inGroups(retired, REMOVALS_AT_ONCE, (key) => storage.delete(key));
  logger.debug("removed files that are sealed", { day: manifestId.day, files: retired.length });
  return await changeManifest(storage, manifestId, {
    change: (each) => unretired(each, retired, nowUs()),
    known: manifest,
  });
}

function notOver({ env, feed, day }: SealedDayReport): ArchiveError {
  return new ArchiveError("DAY_NOT_OVER", `${env}/${feed} ${day} is not over yet`, {
    hint: "A day is sealed after 00:01 UTC of the next; --force seals what is there now",
    context: { env, feed, day },
  });
}

import {
  activeVersionOn,
  type ArchiveKind,
  loadActiveVersions,
  loadManifest,
  type Manifest,
  type ManifestId,
  NORMALIZED_VERSION,
  parseManifestKey,
  usOfDay,
} from "@ssmd/archive";
import type { Environment } from "@ssmd/metadata";
import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** Retention periods; absent: forever. */
type Retention = NonNullable<Environment["retention"]>;

/** Input of the plan. */
interface RetentionOptions {
  storage: Storage;
  env: string;
  retention: Retention;
  /** Wall clock, µs. */
  nowUs: number;
}

/**
 * `due`: old enough and removable. `kept`: old enough, but must stay. `unfinished`: removed from
 * its manifest, with files left to delete.
 */
type RetentionState = "due" | "kept" | "unfinished";

/** A day past its retention period. */
export interface OldDay {
  kind: ArchiveKind;
  env: string;
  feed: string;
  /** Version of normalized records. */
  version?: string;
  day: string;
  state: RetentionState;
  /** Why it is kept; "" when it is not. */
  why: string;
  /** Whether it is open; no reason overrides that. */
  isOpen: boolean;
  files: number;
  count: number;
  bytes: number;
  keptDays: number;
}

/**
 * Returns an environment's days past retention, raw first, oldest first. A raw day may go only when
 * its active records are complete and sealed, or expired themselves; a normalized day when it is
 * sealed. Age counts from the day's end. Throws the manifest reader's errors.
 */
export async function planRetention(options: RetentionOptions): Promise<OldDay[]> {
  const { storage, env, retention, nowUs } = options;
  const days: OldDay[] = [];
  for (const kind of ["raw", "normalized"] as const) {
    const keptDays = kind === "raw" ? retention.raw_days : retention.normalized_days;
    if (keptDays === undefined) continue;
    for (const manifestId of await oldPlaces(storage, { kind, env, keptDays, nowUs })) {
      const manifest = await loadManifest(storage, manifestId);
      if (manifest === undefined) continue;
      const old = await oldDay(storage, manifest, keptDays);
      if (old !== undefined) days.push(old);
    }
  }
  return days;
}

async function oldPlaces(
  storage: Storage,
  { kind, env, keptDays, nowUs }: {
    kind: ArchiveKind;
    env: string;
    keptDays: number;
    nowUs: number;
  },
): Promise<ManifestId[]> {
  const manifestIds: ManifestId[] = [];
  for await (const { key } of storage.list(`${kind}/${env}/`)) {
    const manifestId = parseManifestKey(key);
    if (manifestId === undefined) continue;
    if (usOfDay(manifestId.day) + (keptDays + 1) * DAY_US <= nowUs) manifestIds.push(manifestId);
  }
  return manifestIds.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

async function oldDay(
  storage: Storage,
  manifest: Manifest,
  keptDays: number,
): Promise<OldDay | undefined> {
  const { kind, env, feed, version, day, count, bytes, files, retired = [] } = manifest;
  const context = { kind, env, feed, ...(version === undefined ? {} : { version }), day };
  const old = { ...context, files: files.length, count, bytes, keptDays, why: "" };
  if (manifest.expired !== undefined && files.length === 0) {
    if (retired.length === 0) return undefined;
    return { ...old, state: "unfinished", files: retired.length, isOpen: false };
  }
  const made = kind === "normalized" ? manifest : await recordsOf(storage, manifest);
  // The raw status does not count: connectors do not know of each other.
  const isOpen = made?.status === "open" && made.expired === undefined;
  const why = made === undefined
    ? `no records of ${manifest.env}/${feed} of ${day} are archived`
    : keptWhy(made, kind);
  return { ...old, state: why === "" ? "due" : "kept", why, isOpen };
}

function nameOf({ kind, env, feed, day }: Manifest): string {
  return `${kind} ${env}/${feed} of ${day}`;
}

/** Returns why a day must stay; "" when it may go. Only sealed files have been verified. */
function keptWhy(made: Manifest, kind: ArchiveKind): string {
  if (kind === "raw" && made.expired !== undefined) return "";
  if (made.status === "open") return `${nameOf(made)} is still open`;
  if (made.files.some(({ sealed }) => sealed === undefined)) return `${nameOf(made)} is not sealed`;
  return made.status === "complete" ? "" : `${nameOf(made)} is ${made.status}`;
}

/** Loads a raw day's active records; raw may go only when they are complete. */
async function recordsOf(storage: Storage, raw: Manifest): Promise<Manifest | undefined> {
  const { env, feed, day } = raw;
  const version = activeVersionOn(await loadActiveVersions(storage, env, feed), day);
  return await loadManifest(storage, { kind: "normalized", env, feed, version, day });
}

/** Formats a day for display: `raw prod/kraken 2026-08-01`. */
export function oldDayText({ kind, env, feed, version, day }: OldDay): string {
  const suffix = version === undefined || version === NORMALIZED_VERSION ? "" : ` ${version}`;
  return `${kind} ${env}/${feed}${suffix} ${day}`;
}

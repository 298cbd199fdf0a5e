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

/** How long days are kept; absent = for ever. */
type Retention = NonNullable<Environment["retention"]>;

/** What is looked at. */
interface RetentionOptions {
  storage: Storage;
  env: string;
  retention: Retention;
  /** Wall clock, µs. */
  nowUs: number;
}

/**
 * `due`: it is old enough and may go. `kept`: it is old enough, and something speaks against it.
 * `unfinished`: it is removed, and files of it are still there.
 */
type RetentionState = "due" | "kept" | "unfinished";

/** A day that is older than it is kept. */
export interface OldDay {
  kind: ArchiveKind;
  env: string;
  feed: string;
  /** Normalized: its version. */
  version?: string;
  day: string;
  state: RetentionState;
  /** Why it is kept, a sentence; "" = it is not. */
  why: string;
  /** Whether no reason is enough to remove it. */
  isOpen: boolean;
  files: number;
  count: number;
  bytes: number;
  keptDays: number;
}

/**
 * The days of an environment that are older than they are kept, raw first, oldest first. A raw day goes
 * only when the active records of it are complete and sealed, or have gone the same way; a normalized
 * day when it is sealed. A day is as old as its end. Throws what reading manifests throws.
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
  // Those of raw say nothing of it: connectors do not know of each other.
  const isOpen = made?.status === "open" && made.expired === undefined;
  const why = made === undefined
    ? `no records of ${manifest.env}/${feed} of ${day} are archived`
    : keptWhy(made, kind);
  return { ...old, state: why === "" ? "due" : "kept", why, isOpen };
}

function nameOf({ kind, env, feed, day }: Manifest): string {
  return `${kind} ${env}/${feed} of ${day}`;
}

/** What was sealed was read back whole; what was not has not been verified. "" = it may go. */
function keptWhy(made: Manifest, kind: ArchiveKind): string {
  if (kind === "raw" && made.expired !== undefined) return "";
  if (made.status === "open") return `${nameOf(made)} is still open`;
  if (made.files.some(({ sealed }) => sealed === undefined)) return `${nameOf(made)} is not sealed`;
  return made.status === "complete" ? "" : `${nameOf(made)} is ${made.status}`;
}

/** The active records of a raw day. Raw is the truth: it goes when what was made of it is whole. */
async function recordsOf(storage: Storage, raw: Manifest): Promise<Manifest | undefined> {
  const { env, feed, day } = raw;
  const version = activeVersionOn(await loadActiveVersions(storage, env, feed), day);
  return await loadManifest(storage, { kind: "normalized", env, feed, version, day });
}

/** A day as a person reads it: `raw prod/kraken 2026-08-01`. */
export function oldDayText({ kind, env, feed, version, day }: OldDay): string {
  const suffix = version === undefined || version === NORMALIZED_VERSION ? "" : ` ${version}`;
  return `${kind} ${env}/${feed}${suffix} ${day}`;
}

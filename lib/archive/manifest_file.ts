import { ArchiveError, StorageError } from "@ssmd/runtime";
import { findObject, type Storage } from "@ssmd/storage";
import { formatHashed, type HashedFormat, parseHashed } from "./hashed_json.ts";
import {
  type BusPosition,
  emptyManifest,
  type Expired,
  type Manifest,
  type ManifestFile,
  type ManifestGap,
  type SealedEntry,
  type ShardProgress,
} from "./manifest.ts";
import { isKeyName, type ManifestId, manifestKey } from "./paths.ts";
import { parseFrameOffset } from "./position.ts";
import type { CaptureClock } from "./raw_line.ts";

const STATUSES: readonly unknown[] = ["open", "complete", "partial", "failed"];
const NS = /^\d{1,19}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Loads the manifest of a day; undefined when there is none. Throws ArchiveError
 * `MANIFEST_DAMAGED` or `MANIFEST_MISPLACED`, or StorageError when storage is unavailable.
 */
export async function loadManifest(
  storage: Storage,
  manifestId: ManifestId,
): Promise<Manifest | undefined> {
  const key = manifestKey(manifestId);
  const bytes = await findObject(storage, key);
  return bytes === undefined ? undefined : parseManifestOf(manifestId, bytes);
}

/** Throws also for another day's or feed's manifest, copied here: its files would count twice. */
function parseManifestOf(manifestId: ManifestId, bytes: Uint8Array): Manifest {
  const key = manifestKey(manifestId);
  const manifest = parseManifest(bytes, key);
  const itsKey = manifestKey(manifest);
  if (itsKey === key) return manifest;
  throw new ArchiveError("MANIFEST_MISPLACED", `${key} is the manifest of ${itsKey}`, {
    hint: "Move it back, and restore this place's own from a copy",
    context: { key },
  });
}

/** Loads the manifest of a day, or an empty one when there is none; throws like `loadManifest`. */
export async function openManifest(storage: Storage, manifestId: ManifestId): Promise<Manifest> {
  return await loadManifest(storage, manifestId) ?? emptyManifest(manifestId);
}

/** Writes a manifest. All files it lists must be complete in storage before. */
export async function saveManifest(storage: Storage, manifest: Manifest): Promise<void> {
  await storage.put(manifestKey(manifest), formatManifest(manifest));
}

/**
 * Updates a day's manifest with optimistic concurrency: `change` receives the stored manifest and
 * returns the new one, or undefined for no change; it is called again after a write conflict.
 * `known` is the caller's copy and saves the first read. Returns the manifest in storage. Where
 * storage cannot write conditionally, the last of two concurrent writers wins. Throws like
 * `loadManifest`, and whatever `change` throws.
 */
export async function changeManifest(
  storage: Storage,
  manifestId: ManifestId,
  { change, known }: {
    change: (manifest: Manifest) => Manifest | undefined;
    known?: Manifest | undefined;
  },
): Promise<Manifest> {
  const key = manifestKey(manifestId);
  let seen = known === undefined ? undefined : formatManifest(known);
  let manifest = known;
  for (;;) {
    if (manifest === undefined) {
      seen = await findObject(storage, key);
      manifest = seen === undefined ? emptyManifest(manifestId) : parseManifestOf(manifestId, seen);
    }
    const next = change(manifest);
    if (next === undefined) return manifest;
    if (await replaceIfUnchanged(storage, key, { bytes: formatManifest(next), seen })) return next;
    manifest = undefined;
  }
}

async function replaceIfUnchanged(
  storage: Storage,
  key: string,
  { bytes, seen }: { bytes: Uint8Array; seen: Uint8Array | undefined },
): Promise<boolean> {
  try {
    if (storage.replace !== undefined) return await storage.replace(key, bytes, seen);
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "STORAGE_UNSUPPORTED")) throw error;
  }
  await storage.put(key, bytes);
  return true;
}

/**
 * Formats a manifest: JSON with keys in a fixed order, one line per file and gap, and last the
 * SHA-256 of the rest, which reveals any changed byte.
 */
export function formatManifest(manifest: Manifest): Uint8Array {
  return formatHashed(manifest, FORMAT);
}

function layout(manifest: object): string {
  const lines = Object.entries(manifest).map(([name, value]) => {
    if (!Array.isArray(value) || value.length === 0 || typeof value[0] !== "object") {
      return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    }
    const rows = value.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
    return `  ${JSON.stringify(name)}: [\n${rows}\n  ]`;
  });
  return `{\n${lines.join(",\n")}\n}`;
}

/** Parses a manifest; `key` names it in errors. Throws ArchiveError `MANIFEST_DAMAGED`. */
export function parseManifest(bytes: Uint8Array, key: string): Manifest {
  return parseHashed(bytes, key, FORMAT) as unknown as Manifest;
}

const FORMAT: HashedFormat = {
  code: "MANIFEST_DAMAGED",
  hint: "Restore the manifest from a copy; do not edit manifests by hand",
  layout,
  wrongField: firstWrongField,
};

/** Returns the first invalid field, or undefined. */
function firstWrongField(manifest: Record<string, unknown>): string | undefined {
  const { format, kind, env, feed, version, day, status, files, gaps, positions, writtenBy } =
    manifest;
  if (format !== "ssmd-manifest/1") return "format";
  if (kind !== "raw" && kind !== "normalized") return "kind";
  if (typeof env !== "string" || typeof feed !== "string") return "env or feed";
  if (version !== undefined && (typeof version !== "string" || !isKeyName(version))) {
    return "version";
  }
  if (typeof day !== "string" || !/^\d{4}-\d\d-\d\d$/.test(day)) return "day";
  if (!STATUSES.includes(status)) return "status";
  if (!Array.isArray(writtenBy)) return "writtenBy";
  if (!Array.isArray(files)) return "files";
  if (!Array.isArray(gaps)) return "gaps";
  const { bus, fence, shards, late, sealedParts, retired, expired, ordered } = manifest;
  if (bus !== undefined && !isBusPosition(bus)) return "bus";
  if (fence !== undefined && !Number.isSafeInteger(fence)) return "fence";
  if (shards !== undefined && !isShards(shards)) return "shards";
  if (late !== undefined && !isTexts(late)) return "late";
  if (ordered !== undefined && !isTexts(ordered)) return "ordered";
  if (expired !== undefined && !isExpired(expired)) return "expired";
  if (sealedParts !== undefined && !Number.isSafeInteger(sealedParts)) return "sealedParts";
  if (retired !== undefined && !isTexts(retired)) return "retired";
  const file = files.findIndex((entry) => !isFile(entry));
  if (file >= 0) return `files[${file}]`;
  const gap = gaps.findIndex((entry) => !isGap(entry));
  if (gap >= 0) return `gaps[${gap}]`;
  return wrongPosition(positions);
}

function wrongPosition(positions: unknown): string | undefined {
  if (typeof positions !== "object" || positions === null) return "positions";
  const wrong = Object.entries(positions)
    .find(([, position]) =>
      typeof position !== "string" || parseFrameOffset(position) === undefined
    );
  return wrong === undefined ? undefined : `positions.${wrong[0]}`;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isFile(value: unknown): value is ManifestFile {
  const file = value as Partial<ManifestFile> | null;
  return typeof file?.key === "string" && Number.isSafeInteger(file.count) &&
    Number.isSafeInteger(file.bytes) && SHA256.test(String(file.sha256)) &&
    NS.test(String(file.from)) && NS.test(String(file.to)) &&
    (file.sealed === undefined || isSealed(file.sealed)) &&
    (file.clock === undefined || isClock(file.clock));
}

function isBusPosition(value: unknown): boolean {
  const position = value as Partial<BusPosition> | null;
  return Number.isSafeInteger(position?.createdAtUs) && Number.isSafeInteger(position?.sequence);
}

function isShards(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    Object.values(value as Record<string, ShardProgress>).every(({ bus, fence }) =>
      (bus === undefined || isBusPosition(bus)) &&
      (fence === undefined || Number.isSafeInteger(fence))
    );
}

function isClock(value: unknown): boolean {
  const clock = value as Partial<CaptureClock> | null;
  return typeof clock?.source === "string" && typeof clock.status === "string" &&
    (clock.offsetUs === null || Number.isFinite(clock.offsetUs));
}

function isExpired(value: unknown): value is Expired {
  const expired = value as Partial<Expired> | null;
  return typeof expired?.at === "string" &&
    [expired.keptDays, expired.files, expired.count, expired.bytes].every(Number.isSafeInteger);
}

function isSealed(value: unknown): boolean {
  const sealed = value as Partial<SealedEntry> | null;
  return Number.isSafeInteger(sealed?.symbols) && Number.isSafeInteger(sealed?.indexBytes) &&
    SHA256.test(String(sealed?.indexSha256));
}

function isGap(value: unknown): value is ManifestGap {
  const gap = value as Partial<ManifestGap> | null;
  return typeof gap?.symbol === "string" && typeof gap.reason === "string" &&
    NS.test(String(gap.from)) && NS.test(String(gap.to)) && NS.test(String(gap.receivedAt));
}

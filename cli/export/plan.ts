import {
  loadManifest,
  loadPromoted,
  type Manifest,
  type ManifestFile,
  parseManifestKey,
  promotedOn,
  sha256Of,
} from "@ssmd/archive";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { ArchiveError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { cutsDay, type TimeSpan, touchesDay, withinDay } from "../archive/time_span.ts";
import type { ExportFormat } from "./formats.ts";

/** Part of every fingerprint: raised when the same records are written as other bytes. */
const EXPORT_VERSION = 1;
const UTF8 = new TextEncoder();

/** What is to be exported. */
export interface ExportRequest {
  env: string;
  /** None = all feeds of the environment. */
  feeds?: readonly string[];
  /** None = all types. */
  types?: readonly EventType[];
  /** None = all symbols. */
  symbols?: readonly string[];
  span: TimeSpan;
  format: ExportFormat;
  /** Whether there may be nothing of it. */
  isEmptyAllowed?: boolean;
}

/** Records of one feed, type and day: one exported file. */
export interface Partition {
  env: string;
  feed: string;
  type: EventType;
  day: string;
  fromUs: number;
  toUs: number;
  /** Sorted; none = all. */
  symbols?: readonly string[];
  /** Records in the archive, before symbols and times narrow them. */
  archived: number;
  /** Whether `archived` is what the export will hold. */
  isWhole: boolean;
  /** Where the records stand in the archive. */
  sources: readonly Pick<ManifestFile, "key" | "sha256" | "count">[];
  /** The day's status, as its manifest tells it. */
  status: Manifest["status"];
  /** Changes whenever the sources, or what is asked of them, do. */
  fingerprint: string;
}

/**
 * What an export would write, by feed, type and day. Throws ArchiveError `NOTHING_ARCHIVED` where
 * the archive has nothing of it, and what reading manifests throws.
 */
export async function planExport(storage: Storage, request: ExportRequest): Promise<Partition[]> {
  const { env, types = EVENT_TYPES, span } = request;
  const partitions: Partition[] = [];
  const known = await archivedFeeds(storage, env);
  for (const feed of request.feeds ?? known) {
    if (!known.includes(feed)) throw unknownFeed(storage, env, feed, known);
    const promoted = await loadPromoted(storage, env, feed);
    const days = (await archivedDays(storage, env, feed)).filter((day) => touchesDay(span, day));
    for (const day of days) {
      const version = promotedOn(promoted, day);
      const manifest = await loadManifest(storage, { kind: "normalized", env, feed, version, day });
      if (manifest === undefined) continue;
      for (const type of EVENT_TYPES.filter((each) => types.includes(each))) {
        const partition = partitionOf(manifest, type, request);
        if (partition.sources.length > 0) partitions.push(partition);
      }
    }
  }
  if (partitions.length > 0 || request.isEmptyAllowed) return partitions;
  throw new ArchiveError(
    "NOTHING_ARCHIVED",
    `The archive in "${storage.location}" holds nothing of ${env} that was asked for.`,
    { hint: "Widen --from and --to, --feed or --type.", context: { env, feeds: known } },
  );
}

function partitionOf(manifest: Manifest, type: EventType, request: ExportRequest): Partition {
  const { env, feed, day, status } = manifest;
  const sources = manifest.files.filter((file) => file.type === type)
    .map(({ key, sha256, count }) => ({ key, sha256, count }));
  const symbols = !request.symbols?.length ? undefined : [...new Set(request.symbols)].sort();
  const place = { env, feed, type, day, ...withinDay(request.span, day) };
  const asked = { ...place, symbols: symbols ?? null, format: request.format };
  return {
    ...place,
    ...(symbols === undefined ? {} : { symbols }),
    archived: sources.reduce((sum, { count }) => sum + count, 0),
    isWhole: symbols === undefined && !cutsDay(request.span, day),
    sources,
    status,
    fingerprint: sha256Of(
      UTF8.encode(JSON.stringify([EXPORT_VERSION, asked, sources.map(({ sha256 }) => sha256)])),
    ),
  };
}

/** Days of which there is a manifest of normalized records of any version, oldest first. */
async function archivedDays(storage: Storage, env: string, feed: string): Promise<string[]> {
  const days = new Set<string>();
  for await (const { key } of storage.list(`normalized/${env}/${feed}/`)) {
    const place = parseManifestKey(key);
    if (place !== undefined) days.add(place.day);
  }
  return [...days].sort();
}

async function archivedFeeds(storage: Storage, env: string): Promise<string[]> {
  const feeds = new Set<string>();
  for await (const { key } of storage.list(`normalized/${env}/`)) {
    const place = parseManifestKey(key);
    if (place !== undefined) feeds.add(place.feed);
  }
  return [...feeds].sort();
}

function unknownFeed(storage: Storage, env: string, feed: string, known: readonly string[]) {
  return new ArchiveError(
    "FEED_NOT_ARCHIVED",
    `The archive in "${storage.location}" holds no feed "${feed}" of ${env}.`,
    {
      hint: known.length === 0 ? `It holds nothing of ${env}.` : suggestion(feed, known),
      context: { env, feed },
    },
  );
}

import {
  archivedDays,
  assertKnown,
  type DayPart,
  dayParts,
  type Manifest,
  type ManifestFile,
  parseManifestKey,
  sha256Of,
} from "@ssmd/archive";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { ArchiveError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { archivedEnvs } from "../inventory/archived_env.ts";
import { cutsDay, type TimeSpan, withinDay } from "../time_span.ts";
import type { ExportFormat } from "./formats.ts";

/** Part of every fingerprint: raised when the same records are written as other bytes. */
const EXPORT_VERSION = 2;
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
  /** Of the normalized records. */
  version: string;
  fromUs: number;
  toUs: number;
  /** Sorted; none = all. */
  symbols?: readonly string[];
  /** Records in the archive, before symbols and times narrow them. */
  archived: number;
  /** Whether `archived` is what the export will hold. */
  isWhole: boolean;
  /** Where the records stand in the archive. */
  sources: readonly Pick<ManifestFile, "key" | "sha256" | "count" | "bytes" | "sealed">[];
  /** The day's status, as its manifest tells it. */
  status: Manifest["status"];
  /** Changes whenever the sources, or what is asked of them, do. */
  fingerprint: string;
}

/**
 * What an export would write, by feed, type and day, in the active version of each day (fires in the
 * archiver's). Throws ArchiveError `ARCHIVE_NOT_FOUND` for an environment or feed that is not archived, `NOTHING_ARCHIVED`
 * where there is nothing of what was asked for, and what reading manifests throws.
 */
export async function planExport(storage: Storage, request: ExportRequest): Promise<Partition[]> {
  const { env, types = EVENT_TYPES, span } = request;
  const partitions: Partition[] = [];
  const feeds = request.feeds ?? await archivedFeeds(storage, env);
  for (const feed of feeds) {
    let isKnown = false;
    for (const archived of await archivedDays(storage, { env, feed, types, ...span })) {
      for (const part of await dayParts(storage, { env, feed, types }, archived)) {
        isKnown = true;
        for (const type of EVENT_TYPES) {
          const partition = partitionOf(part, type, request);
          if (partition.sources.length > 0) partitions.push(partition);
        }
      }
    }
    if (!isKnown) await assertKnown(storage, { env, feed });
  }
  if (partitions.length > 0 || request.isEmptyAllowed) return partitions;
  throw new ArchiveError(
    "NOTHING_ARCHIVED",
    `The archive in "${storage.location}" holds nothing of ${env} that was asked for.`,
    { hint: "Widen --from and --to, --feed or --type.", context: { env, feeds } },
  );
}

function partitionOf(
  { manifest, version, files }: DayPart,
  type: EventType,
  request: ExportRequest,
): Partition {
  const { env, feed, day, status } = manifest;
  const sources = files.filter((file) => file.type === type)
    .map(({ key, sha256, count, bytes, sealed }) => ({
      ...{ key, sha256, count, bytes },
      ...(sealed === undefined ? {} : { sealed }),
    }));
  const symbols = !request.symbols?.length ? undefined : [...new Set(request.symbols)].sort();
  const partition = { env, feed, type, day, version, ...withinDay(request.span, day) };
  const query = { ...partition, symbols: symbols ?? null, format: request.format };
  return {
    ...partition,
    ...(symbols === undefined ? {} : { symbols }),
    archived: sources.reduce((sum, { count }) => sum + count, 0),
    isWhole: symbols === undefined && !cutsDay(request.span, day),
    sources,
    status,
    fingerprint: sha256Of(
      UTF8.encode(JSON.stringify([EXPORT_VERSION, query, sources.map(({ sha256 }) => sha256)])),
    ),
  };
}

/**
 * Feeds of which there are manifests; all keys of the environment are looked at. Throws ArchiveError
 * `ARCHIVE_NOT_FOUND` where there is none.
 */
export async function archivedFeeds(storage: Storage, env: string): Promise<string[]> {
  const feeds = new Set<string>();
  for await (const { key } of storage.list(`normalized/${env}/`)) {
    const manifestId = parseManifestKey(key);
    if (manifestId !== undefined) feeds.add(manifestId.feed);
  }
  if (feeds.size > 0) return [...feeds].sort();
  const envs = await archivedEnvs(storage);
  throw new ArchiveError(
    "ARCHIVE_NOT_FOUND",
    `There is no archive of the environment "${env}" in "${storage.location}".`,
    {
      hint: envs.length === 0
        ? "--data names the folder that holds raw/ and normalized/; --env alone takes its storage."
        : suggestion(env, envs),
      context: { env },
    },
  );
}

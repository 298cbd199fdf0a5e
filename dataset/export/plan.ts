import {
  archivedDays,
  archivedFeeds,
  assertKnown,
  dayOfUs,
  type DayPart,
  dayParts,
  gapsOfDays,
  inventory,
  loadManifest,
  type Manifest,
  type ManifestFile,
  sha256Of,
  usOfNsText,
} from "@ssmd/archive";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Enrichment } from "@ssmd/metadata";
import { ArchiveError, ConfigError, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import {
  BAR_LIMITS,
  type MissingSpan,
  SERIES,
  SERIES_NAMES,
  type SeriesName,
  type SeriesOptions,
} from "../series/mod.ts";
import { cutsDay, type TimeSpan, withinDay } from "../time_span.ts";
import type { ExportFormat } from "./formats.ts";

/** Part of every fingerprint; bump when equal records give different bytes. */
const EXPORT_VERSION = 2;
const UTF8 = new TextEncoder();

/** Content type of an exported file: records, or a series derived from them. */
export type ExportType = EventType | SeriesName;

/** A series derived from a partition's records. */
export interface PartitionSeries extends SeriesOptions {
  /** Gaps of the whole feed. */
  gaps: readonly MissingSpan[];
}

/** Returns the content type of a partition's file. */
export function typeOf({ type, series }: Partition): ExportType {
  return series?.name ?? type;
}

/** Request for an export. */
export interface ExportRequest {
  env: string;
  /** Default: all feeds of the environment. */
  feeds?: readonly string[];
  /** Record types and series; default: all record types, no series. */
  types?: readonly ExportType[];
  /** Series options; default one-minute bars, and books of ten levels each second. */
  series?: Partial<Pick<SeriesOptions, "every" | "depth">> & {
    /** For `enriched`; undefined when the environment has none. */
    enrichment?: Enrichment | undefined;
  };
  /** Default: all symbols. */
  symbols?: readonly string[];
  span: TimeSpan;
  format: ExportFormat;
  /** Whether an empty result is allowed. */
  isEmptyAllowed?: boolean;
}

/** Records of one feed, type and day: one exported file. */
export interface Partition {
  env: string;
  feed: string;
  type: EventType;
  /** Series derived from these and possibly other records; absent: the records themselves. */
  series?: PartitionSeries;
  day: string;
  /** Version of the normalized records. */
  version: string;
  fromUs: number;
  toUs: number;
  /** Sorted; absent: all. */
  symbols?: readonly string[];
  /** Archived records, before symbol and time filters. */
  archived: number;
  /** Whether the export holds all `archived` records. */
  isWhole: boolean;
  /** Archive files with the records. */
  sources: readonly Pick<ManifestFile, "key" | "sha256" | "count" | "bytes" | "sealed">[];
  /** Day status from its manifest. */
  status: Manifest["status"];
  /** Changes whenever the sources or the request change. */
  fingerprint: string;
}

/**
 * Plans an export by feed, type and day, from each day's active version (fires: the archiver's).
 * Throws ArchiveError `ARCHIVE_NOT_FOUND` for an environment or feed without archive,
 * `NOTHING_ARCHIVED` when nothing matches, and the manifest reader's errors.
 */
export async function planExport(storage: Storage, request: ExportRequest): Promise<Partition[]> {
  const { env, span } = request;
  const wanted: readonly ExportType[] = request.types ?? EVENT_TYPES;
  const series = SERIES_NAMES.filter((name) => wanted.includes(name));
  if (series.includes("enriched") && !request.series?.enrichment) throw notEnriched(env);
  const isMadeOf = (name: SeriesName, type: EventType) =>
    (SERIES[name] as readonly EventType[]).includes(type);
  const types = EVENT_TYPES.filter((type) =>
    wanted.includes(type) || series.some((name) => isMadeOf(name, type))
  );
  const partitions: Partition[] = [];
  const feeds = request.feeds ?? await archivedFeeds(storage, env, ["normalized"]);
  for (const feed of feeds) {
    let isKnown = false;
    const gaps = series.length === 0 ? [] : await gapsOf(storage, env, feed);
    for (const archived of await archivedDays(storage, { env, feed, types, ...span })) {
      for (const part of await dayParts(storage, { env, feed, types }, archived)) {
        isKnown = true;
        for (const type of types.filter((each) => wanted.includes(each))) {
          const partition = partitionOf(part, [type], request);
          if (partition.sources.length > 0) partitions.push(partition);
        }
        for (const name of series) {
          const partition = partitionOf(part, SERIES[name], request);
          if (partition.sources.length === 0) continue;
          const made = { ...seriesOptions(name, request.series), gaps };
          partitions.push(await withSeries(storage, partition, made));
        }
      }
    }
    if (!isKnown) await assertKnown(storage, { env, feed });
  }
  if (partitions.length > 0 || request.isEmptyAllowed) return partitions;
  throw new ArchiveError(
    "NOTHING_ARCHIVED",
    `The archive in "${storage.location}" has no data of ${env} for this request`,
    { hint: "Widen --from and --to, --feed or --type", context: { env, feeds } },
  );
}

function partitionOf(
  { manifest, version, files }: DayPart,
  types: readonly [EventType, ...EventType[]],
  request: ExportRequest,
): Partition {
  const { env, feed, day, status } = manifest;
  const sources = files.filter((file) => types.some((type) => type === file.type))
    .map(({ key, sha256, count, bytes, sealed }) => ({
      ...{ key, sha256, count, bytes },
      ...(sealed === undefined ? {} : { sealed }),
    }));
  const symbols = !request.symbols?.length ? undefined : [...new Set(request.symbols)].sort();
  const [type] = types;
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

function notEnriched(env: string): ConfigError {
  return new ConfigError("NOT_ENRICHED", `Environment ${env} has no enricher that is enabled`, {
    hint: "Name one under enrich in its file; ssmd enricher list shows them",
  });
}

/** Returns the options of a series with defaults. */
export function seriesOptions(
  name: SeriesName,
  { every, depth, enrichment }: ExportRequest["series"] = {},
): SeriesOptions {
  const options = { name, every: every ?? (name === "bars" ? "1m" : "1s"), depth: depth ?? 10 };
  return name === "enriched" && enrichment !== undefined ? { ...options, enrichment } : options;
}

/** Returns all gaps of a feed; a gap may end days after it began. */
async function gapsOf(storage: Storage, env: string, feed: string): Promise<MissingSpan[]> {
  const query = { env, feeds: [feed], isExpected: () => false, nowUs: nowUs() };
  return gapsOfDays(await inventory(storage, query));
}

/**
 * Returns the partition of a series; its fingerprint also covers gaps, enrichers and, for bars,
 * late trades.
 */
async function withSeries(
  storage: Storage,
  partition: Partition,
  { enrichment, ...series }: PartitionSeries,
): Promise<Partition> {
  const { env, feed, version, fromUs, toUs } = partition;
  const lateToUs = toUs + BAR_LIMITS.lateUs;
  const next = series.name === "bars"
    ? await loadManifest(storage, { kind: "normalized", env, feed, version, day: dayOfUs(toUs) })
    : undefined;
  const late =
    next?.files.filter(({ type, from }) => type === partition.type && usOfNsText(from) < lateToUs)
      .map(({ sha256 }) => sha256) ?? [];
  const gaps = series.gaps.filter((gap) =>
    gap.fromUs < toUs && (gap.toUs === undefined || gap.toUs > fromUs)
  );
  const parts: unknown[] = [partition.fingerprint, { ...series, gaps }, late];
  if (enrichment !== undefined) parts.push(enrichment.sha256);
  return {
    ...partition,
    series: enrichment === undefined ? series : { ...series, enrichment },
    fingerprint: sha256Of(UTF8.encode(JSON.stringify(parts))),
  };
}

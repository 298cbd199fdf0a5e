import { DAY_US, isoOfUs } from "@ssmd/runtime";
import type { EventType, Gap, GapChannel, GapReason, Turn } from "@ssmd/market";
import { type ArchiveKind, type ManifestId, NORMALIZED_VERSION, usOfDay } from "./paths.ts";
import type { Positions } from "./position.ts";
import { type CaptureClock, nsText } from "./raw_line.ts";

const DAY_GRACE_US = 60_000_000;

/**
 * `open`: still written. `complete`: the day is over and all that was captured is here.
 * `partial`: the day is over and something that was captured is known to be missing here.
 * `failed`: the files could not be written.
 * Those of raw stay open: several connectors write to a day, and none knows when the others are done.
 */
export type ManifestStatus = "open" | "complete" | "partial" | "failed";

/** A span of whole numbers, both ends within. */
export interface Span {
  /** The lowest. */
  first: number;
  /** The highest. */
  last: number;
}

/** One file of the day. Times are ns as text; the ISO times beside them are for people. */
export interface ManifestFile {
  /** In storage. */
  key: string;
  /** Normalized: the records' type. */
  type?: EventType;
  /** Raw: the connection, as in the file's name. */
  connection?: string;
  /** Raw: life of the connector that captured it. */
  run?: string;
  /** Raw: whose connector captured it; absent = there are no shards. */
  shard?: string;
  /** Records (normalized) or lines without the capture line (raw). */
  count: number;
  /** Raw: frames that are JSON. */
  frames?: number;
  /** Raw: frames kept as base64. */
  binary?: number;
  /** Raw: connects, disconnects, resumes. */
  events?: number;
  /** Raw: the clock that timed its lines, as its capture line says. Absent in older manifests. */
  clock?: CaptureClock;
  /** Of the file as it lies in storage. */
  bytes: number;
  /** Of the file as it lies in storage, hex. */
  sha256: string;
  /** receivedAt of the earliest record or line. */
  from: string;
  /** Time of the latest record or line. */
  to: string;
  /** `from` for people. */
  fromTime: string;
  /** `to` for people. */
  toTime: string;
  /** Normalized: `sequence` of the records. Raw: line numbers within the connection. */
  sequence?: Span;
  /** Normalized: place of the records in the bus's stream. */
  stream?: Span;
  /** Normalized: the file is a sealed day, in the order of symbols; absent = a window. */
  sealed?: SealedEntry;
  /** Sealed days: what made the file. */
  processing?: Processing;
}

/** Which processing made a sealed day: stands in the manifest, as the file depends on its records only. */
export interface Processing {
  /** What wrote the file (`archive seal`, `reprocess`). */
  processor: string;
  /** What wrote the file. */
  software: { version: string; commit: string };
  /** ISO time of writing. */
  writtenAt: string;
  /** Where the records were read (`windows of v1`, `raw`). */
  source: string;
}

/** What a reader of a sealed day needs to read its footer with one range. */
export interface SealedEntry {
  /** How many symbols have records in it. */
  symbols: number;
  /** Bytes of the footer, at the end of the file. */
  indexBytes: number;
  /** Of the footer, hex; it has checks of the page indexes, and pages have their own. */
  indexSha256: string;
}

/**
 * Whether a manifest's file is a sealed day as they are written today. Those of former versions, zstd
 * frames of Cap'n Proto, are read as windows are until `archive seal` makes the day again.
 */
export function isSealedDay({ key, sealed }: Pick<ManifestFile, "key" | "sealed">): boolean {
  return sealed !== undefined && key.endsWith(".parquet");
}

/** A gap record as the manifest lists it; times are ns as text, `to` "0" = still open. */
export interface ManifestGap {
  /** Our name of the market, or `_all`. */
  symbol: string;
  /** Why something is missing. */
  reason: GapReason;
  /** When the record was made. */
  receivedAt: string;
  /** Last moment known to be good. */
  from: string;
  /** First moment good again. */
  to: string;
  /** `receivedAt` for people. */
  time: string;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether the record tells the end of the gap. */
  recovered: boolean;
  /**
   * Absent = a record of the archive tells it. `open`: records left the bus before they were archived
   * and are not made again yet; `repaired`: they were made from raw, nothing is missing; `lost`: raw
   * does not have all of them.
   */
  bus?: "open" | "repaired" | "lost";
  /** With `bus`: whose archiver missed them; absent = there are no shards. */
  shard?: string;
  /** One sentence for a person. */
  detail: string;
  /** The type of record that is missing; absent = every one. */
  channel?: GapChannel;
}

/** How far the archive has taken a bus's stream. */
export interface BusPosition {
  /** When the stream was made, µs: sequences of another one mean something else. */
  createdAtUs: number;
  /** All up to here is archived, or needs not be. */
  sequence: number;
}

/** How far the archiver of a shard is with a day. */
export interface ShardProgress {
  /** As in {@linkcode Manifest}, of the shard's own stream. */
  bus?: BusPosition;
  /** As in {@linkcode Manifest}, of the shard's own lease. */
  fence?: number;
  /** The day is over, and all that the shard has of it is written. */
  isOver?: true;
}

/** All there is of one day of a feed, raw or normalized. */
export interface Manifest {
  /** Name and version of this format. */
  format: "ssmd-manifest/1";
  /** Raw or normalized. */
  kind: ArchiveKind;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Normalized: the folder of its version; absent = {@linkcode NORMALIZED_VERSION}. */
  version?: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Where the day stands. */
  status: ManifestStatus;
  /** Share of the captured time, weighted by markets and types of records, in no gap: 0…1. */
  quality: number;
  /** Symbols seen so far that day. */
  symbols: number;
  /** Normalized: our names of the markets that were ordered that day; absent = not known. */
  ordered?: string[];
  /** Records or lines in all files. */
  count: number;
  /** Of all files as they lie in storage. */
  bytes: number;
  /** In the order in which they were written. */
  files: ManifestFile[];
  /** All gap records of the day, in order of arrival. */
  gaps: ManifestGap[];
  /** Normalized: last archived place (`frame-index`) of each run. Raw: last line as `line-0`. */
  positions: Positions;
  /**
   * Normalized: message ids of records that came behind later ones of their run and are archived
   * nevertheless; `positions` says nothing of them. Absent = none.
   */
  late?: string[];
  /** Normalized: windows whose names have parts up to this one may be sealed; later ones go on. */
  sealedParts?: number;
  /** Normalized: files that are named no more and are being removed; their names stay taken. */
  retired?: string[];
  /** Raw: whose records are those of the feed, and when, as far as its writers knew; absent = none. */
  turns?: Turn[];
  /** Normalized: of the archiver that wrote last; absent where the bus keeps nothing. */
  bus?: BusPosition;
  /** Normalized: token of the archiver's lease that wrote last; lower ones are refused. */
  fence?: number;
  /** Normalized: the same of each shard's archiver; absent = there are no shards. */
  shards?: Readonly<Record<string, ShardProgress>>;
  /** Present = its files were removed on purpose, and nothing is missing. */
  expired?: Expired;
  /** Versions that wrote here, `0.1.0+abc1234`, oldest first. */
  writtenBy: string[];
  /** ISO time of the last change. */
  updatedAt: string;
}

/** What retention removed of a day: the sums of the files that were named before. */
export interface Expired {
  /** ISO time. */
  at: string;
  /** Days that such files are kept, as the environment had it. */
  keptDays: number;
  /** Files that were named. */
  files: number;
  /** Records or lines in them. */
  count: number;
  /** Of them in storage. */
  bytes: number;
  /** Why it was removed though something spoke against it; absent = nothing did. */
  reason?: string;
}

/** A day's first manifest: nothing in it, open. */
export function emptyManifest(manifestId: ManifestId): Manifest {
  const { kind, env, feed, version = NORMALIZED_VERSION, day } = manifestId;
  return {
    format: "ssmd-manifest/1",
    kind,
    env,
    feed,
    ...(kind === "normalized" ? { version } : {}),
    day,
    status: "open",
    quality: 1,
    symbols: 0,
    count: 0,
    bytes: 0,
    files: [],
    gaps: [],
    positions: {},
    writtenBy: [],
    updatedAt: "",
  };
}

/** The entry of times in µs. */
export function manifestTimes(
  firstUs: number,
  lastUs: number,
): Pick<ManifestFile, "from" | "to" | "fromTime" | "toTime"> {
  return {
    from: nsText(firstUs),
    to: nsText(lastUs),
    fromTime: isoOfUs(firstUs),
    toTime: isoOfUs(lastUs),
  };
}

/** A gap record as manifests list it. */
export function manifestGap(gap: Gap): ManifestGap {
  return {
    symbol: gap.symbol,
    reason: gap.reason,
    receivedAt: nsText(gap.receivedAtUs),
    from: nsText(gap.fromUs),
    to: nsText(gap.toUs),
    time: isoOfUs(gap.receivedAtUs),
    missed: gap.missed,
    recovered: gap.recovered,
    detail: gap.detail,
    ...(gap.channel === "all" ? {} : { channel: gap.channel }),
  };
}

/** How far an archiver is with a day: that of a shard, or with "" the only one. */
export function progressOf(manifest: Manifest, shard: string): ShardProgress {
  return shard === "" ? manifest : manifest.shards?.[shard] ?? {};
}

/** The manifest with what is new of an archiver's progress. */
export function withProgress(manifest: Manifest, shard: string, news: ShardProgress): Manifest {
  if (shard === "") return { ...manifest, ...news };
  const progress = { ...manifest.shards?.[shard], ...news };
  return { ...manifest, shards: { ...manifest.shards, [shard]: progress } };
}

/** Whether the day is over, with a minute for records on their way. `nowUs` since 1970. */
export function isDayOver(day: string, nowUs: number): boolean {
  return nowUs >= usOfDay(day) + DAY_US + DAY_GRACE_US;
}

import { DAY_US, isoOfUs } from "@ssmd/runtime";
import type { EventType, Gap, GapChannel, GapReason, Turn } from "@ssmd/market";
import { type ArchiveKind, type ManifestId, NORMALIZED_VERSION, usOfDay } from "./paths.ts";
import type { Positions } from "./position.ts";
import { type CaptureClock, nsText } from "./raw_line.ts";

const DAY_GRACE_US = 60_000_000;

/**
 * `open`: still being written. `complete`: the day is over and all captured data is archived.
 * `partial`: the day is over and captured data is known to be missing from the archive. `failed`:
 * the files could not be written. Raw manifests stay open: several connectors write to a day and
 * none knows when the others finish.
 */
export type ManifestStatus = "open" | "complete" | "partial" | "failed";

/** Inclusive range of integers. */
export interface Span {
  /** Lowest value. */
  first: number;
  /** Highest value. */
  last: number;
}

/** One file of the day. Times are ns as text; the ISO times are for people. */
export interface ManifestFile {
  /** Storage key. */
  key: string;
  /** Normalized: type of the records. */
  type?: EventType;
  /** Raw: connection, as in the file's name. */
  connection?: string;
  /** Raw: run (one process lifetime) of the connector that captured it. */
  run?: string;
  /** Raw: shard of the connector that captured it; absent = no shards. */
  shard?: string;
  /** Records (normalized) or lines other than the capture line (raw). */
  count: number;
  /** Raw: JSON frames. */
  frames?: number;
  /** Raw: frames kept as base64. */
  binary?: number;
  /** Raw: connect, disconnect and resume events. */
  events?: number;
  /** Raw: clock of its lines, from the capture line. Absent in older manifests. */
  clock?: CaptureClock;
  /** Size in storage. */
  bytes: number;
  /** SHA-256 of the file in storage, hex. */
  sha256: string;
  /** receivedAt of the earliest record or line. */
  from: string;
  /** receivedAt of the latest record or line. */
  to: string;
  /** `from` as ISO time. */
  fromTime: string;
  /** `to` as ISO time. */
  toTime: string;
  /** Normalized: `sequence` range of the records. Raw: line numbers within the connection. */
  sequence?: Span;
  /** Normalized: sequence range of the records in the bus's stream. */
  stream?: Span;
  /** Present for a sealed day (sorted by symbol); absent for a window. */
  sealed?: SealedEntry;
  /** Sealed days: the process that wrote the file. */
  processing?: Processing;
}

/** Process that wrote a sealed day. Kept in the manifest so the file depends on its records only. */
export interface Processing {
  /** Process that wrote the file (`archive seal`, `reprocess`). */
  processor: string;
  /** Software that wrote the file. */
  software: { version: string; commit: string };
  /** ISO time of writing. */
  writtenAt: string;
  /** Source of the records (`windows of v1`, `raw`). */
  source: string;
}

/** Lets a reader of a sealed day fetch its footer with one range read. */
export interface SealedEntry {
  /** Number of symbols with records in it. */
  symbols: number;
  /** Size of the footer at the end of the file, bytes. */
  indexBytes: number;
  /** SHA-256 of the footer, hex; the footer has checksums of page indexes, pages their own. */
  indexSha256: string;
}

/**
 * Returns whether the file is a sealed day in the current format. Those of earlier versions (zstd
 * frames of Cap'n Proto) are read like windows until `archive seal` rewrites the day.
 */
export function isSealedDay({ key, sealed }: Pick<ManifestFile, "key" | "sealed">): boolean {
  return sealed !== undefined && key.endsWith(".parquet");
}

/** A gap record in a manifest; times are ns as text, `to` "0" = still open. */
export interface ManifestGap {
  /** Our market symbol, or `_all`. */
  symbol: string;
  /** Cause of the gap. */
  reason: GapReason;
  /** Time the record was made. */
  receivedAt: string;
  /** Last moment known to be complete. */
  from: string;
  /** First complete moment after the gap. */
  to: string;
  /** `receivedAt` as ISO time. */
  time: string;
  /** Messages known to be missing; null = unknown. */
  missed: number | null;
  /** Whether the record marks the end of the gap. */
  recovered: boolean;
  /**
   * Absent = a gap record of the feed. `open`: records left the bus before they were archived and
   * are not rebuilt yet; `repaired`: rebuilt from raw, nothing is missing; `lost`: raw does not
   * have all of them.
   */
  bus?: "open" | "repaired" | "lost";
  /** With `bus`: shard of the archiver that missed them; absent = no shards. */
  shard?: string;
  /** One sentence for people. */
  detail: string;
  /** Type of the missing records; absent = every type. */
  channel?: GapChannel;
}

/** Position up to which the archive has consumed a bus's stream. */
export interface BusPosition {
  /** Creation time of the stream, µs; sequences of a recreated stream are not comparable. */
  createdAtUs: number;
  /** Everything up to this sequence is archived or need not be. */
  sequence: number;
}

/** Progress of a shard's archiver on a day. */
export interface ShardProgress {
  /** As in {@linkcode Manifest}, for the shard's own stream. */
  bus?: BusPosition;
  /** As in {@linkcode Manifest}, for the shard's own lease. */
  fence?: number;
  /** The day is over and all of the shard's data is written. */
  isOver?: true;
}

/** Content of one day of a feed, raw or normalized. */
export interface Manifest {
  /** Name and version of this format. */
  format: "ssmd-manifest/1";
  /** Raw or normalized. */
  kind: ArchiveKind;
  env: string;
  feed: string;
  /** Normalized: version folder; absent = {@linkcode NORMALIZED_VERSION}. */
  version?: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Status of the day. */
  status: ManifestStatus;
  /** Share of the captured time outside gaps, weighted by markets and record types: 0…1. */
  quality: number;
  /** Symbols seen so far that day. */
  symbols: number;
  /** Normalized: our symbols of the markets subscribed that day; absent = unknown. */
  ordered?: string[];
  /** Records or lines in all files. */
  count: number;
  /** Size of all files in storage. */
  bytes: number;
  /** In order of writing. */
  files: ManifestFile[];
  /** All gap records of the day, in order of arrival. */
  gaps: ManifestGap[];
  /** Normalized: last archived offset (`frame-index`) of each run. Raw: last line as `line-0`. */
  positions: Positions;
  /**
   * Normalized: message ids of archived records that arrived after later ones of their run;
   * `positions` does not cover them. Absent = none.
   */
  late?: string[];
  /** Normalized: window parts up to this number may be sealed; later ones are still written. */
  sealedParts?: number;
  /** Normalized: keys of files no longer listed and being removed; they are not reused. */
  retired?: string[];
  /** Raw: turns of runs whose records are the feed's, as far as the writers knew; absent = none. */
  turns?: Turn[];
  /** Normalized: position of the last archiver that wrote; absent for a bus without persistence. */
  bus?: BusPosition;
  /** Normalized: lease token of the last archiver that wrote; lower tokens are rejected. */
  fence?: number;
  /** Normalized: progress of each shard's archiver; absent = no shards. */
  shards?: Readonly<Record<string, ShardProgress>>;
  /** Present = files were removed by retention; nothing is missing. */
  expired?: Expired;
  /** Versions that wrote this manifest, `0.1.0+abc1234`, oldest first. */
  writtenBy: string[];
  /** ISO time of the last change. */
  updatedAt: string;
}

/** What retention removed from a day: totals of the files listed before. */
export interface Expired {
  /** ISO time. */
  at: string;
  /** Configured retention, days. */
  keptDays: number;
  /** Number of files removed. */
  files: number;
  /** Records or lines in them. */
  count: number;
  /** Size of the files in storage. */
  bytes: number;
  /** Why it was removed despite an objection; absent = there was none. */
  reason?: string;
}

/** Returns the initial manifest of a day: empty, open. */
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

/** Returns the time fields of a file entry. */
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

/** Converts a gap record to its manifest entry. */
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

/** Returns an archiver's progress on a day; shard "" = the only archiver. */
export function progressOf(manifest: Manifest, shard: string): ShardProgress {
  return shard === "" ? manifest : manifest.shards?.[shard] ?? {};
}

/** Returns the manifest with changed progress fields of a shard's archiver. */
export function withProgress(manifest: Manifest, shard: string, news: ShardProgress): Manifest {
  if (shard === "") return { ...manifest, ...news };
  const progress = { ...manifest.shards?.[shard], ...news };
  return { ...manifest, shards: { ...manifest.shards, [shard]: progress } };
}

/** Returns whether the day ended at least a minute ago, the grace for late records. */
export function isDayOver(day: string, nowUs: number): boolean {
  return nowUs >= usOfDay(day) + DAY_US + DAY_GRACE_US;
}

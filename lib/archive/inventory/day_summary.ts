import { ArchiveError } from "@ssmd/runtime";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { isDayOver, isSealedDay, type Manifest, type ManifestFile } from "../manifest.ts";
import { isMissing } from "../manifest_quality.ts";
import { loadManifest } from "../manifest_file.ts";
import { conditionOf, type DayCondition } from "./day_condition.ts";
import { type GapSpan, gapSpans } from "./gap_spans.ts";

/** Share of a day's lines timed by one clock. */
export interface ClockShare {
  /** Clock source; `unknown` = not recorded. */
  source: string;
  /** `synchronized`, `unsynchronized` or `unknown`. */
  status: string;
  /** Raw lines timed by this clock. */
  lines: number;
  /** Largest absolute offset, µs; null = unknown. */
  offsetUsMax: number | null;
}

/** Content of a feed's day, according to its manifests. */
export interface DaySummary {
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Version of the normalized records. */
  version: string;
  condition: DayCondition;
  /** Reason for the condition, one sentence. */
  why: string;
  /** Archiver's status of the day: `open`, `complete`, `partial`, `failed`; `none` = no manifest. */
  archiveStatus: string;
  /** Whether records are in sealed days, windows or both; `none` = no files. */
  layout: "sealed" | "windows" | "mixed" | "none";
  /** Bytes in storage, raw and normalized. */
  rawBytes: number;
  normalizedBytes: number;
  /** Frames in raw files. */
  rawFrames: number;
  rawFiles: number;
  normalizedFiles: number;
  /** Records in total, then by type. */
  records: number;
  byType: Record<EventType, number>;
  symbols: number;
  /** Share of the captured time, weighted by symbols, outside gaps: 0…1; null = no records. */
  quality: number | null;
  /** Gaps that reach into it, also those recorded on other days. */
  gaps: GapSpan[];
  /** Messages known to be missing, by gaps recorded that day; an unknown number counts as 0. */
  missed: number;
  /** receivedAt of the first and last record, ns as text; "" = no records. */
  from: string;
  to: string;
  clocks: ClockShare[];
}

/** A day's summary, with the gaps that were recorded on it. */
export interface SummarizedDay {
  summary: DaySummary;
  /** Manifest of its records; undefined = none, or unreadable. */
  normalized: Manifest | undefined;
}

/** Identity of the day to summarize. */
interface SummaryId {
  env: string;
  feed: string;
  day: string;
  version: string;
}

/**
 * Summarizes a day from its manifests, and returns that of the records; a corrupt one makes it
 * partial. Throws StorageError.
 */
export async function summarizeDay(
  storage: Storage,
  summaryId: SummaryId,
  nowUs: number,
): Promise<SummarizedDay> {
  const { feed, day, version } = summaryId;
  const corruptions: string[] = [];
  const onCorrupt = (message: string) => corruptions.push(message);
  const [raw, normalized] = await Promise.all([
    readableManifest(storage, { ...summaryId, kind: "raw" }, onCorrupt),
    readableManifest(storage, { ...summaryId, kind: "normalized" }, onCorrupt),
  ]);
  const isOver = isDayOver(day, nowUs);
  const { condition, why } = conditionOf({ raw, normalized, unreadable: corruptions[0], isOver });
  const figures = { ...rawFigures(raw), ...recordFigures(normalized) };
  return { summary: { feed, day, version, condition, why, ...figures }, normalized };
}

/** Returns the gaps recorded on a day; none of a corrupt manifest. Throws StorageError. */
export async function recordedGaps(storage: Storage, summaryId: SummaryId): Promise<GapSpan[]> {
  const manifestId = { ...summaryId, kind: "normalized" } as const;
  return missingSpans(await readableManifest(storage, manifestId, () => {}));
}

/** Loads a manifest; undefined when there is none, or it is corrupt. */
async function readableManifest(
  storage: Storage,
  manifestId: SummaryId & { kind: "raw" | "normalized" },
  onCorrupt: (message: string) => void,
): Promise<Manifest | undefined> {
  try {
    return await loadManifest(storage, manifestId);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    onCorrupt(error.message);
    return undefined;
  }
}

function missingSpans(manifest: Manifest | undefined): GapSpan[] {
  return gapSpans((manifest?.gaps ?? []).filter(isMissing));
}

function rawFigures(raw: Manifest | undefined) {
  const files = raw?.files ?? [];
  return {
    rawBytes: raw?.bytes ?? 0,
    rawFrames: sum(files, (file) => (file.frames ?? 0) + (file.binary ?? 0)),
    rawFiles: files.length,
    clocks: clocksOf(files),
  };
}

function recordFigures(manifest: Manifest | undefined) {
  const files = manifest?.files ?? [];
  const filled = files.filter(({ count }) => count > 0);
  const gaps = missingSpans(manifest);
  return {
    archiveStatus: manifest?.status ?? "none",
    layout: layoutOf(files),
    normalizedBytes: manifest?.bytes ?? 0,
    normalizedFiles: files.length,
    records: manifest?.count ?? 0,
    byType: countsOf(files),
    symbols: manifest?.symbols ?? 0,
    quality: manifest === undefined || manifest.count === 0 ? null : manifest.quality,
    gaps,
    missed: sum(gaps, ({ missed }) => missed ?? 0),
    from: filled.map((file) => file.from).sort(byLength)[0] ?? "",
    to: filled.map((file) => file.to).sort(byLength).at(-1) ?? "",
  };
}

function layoutOf(files: readonly ManifestFile[]): DaySummary["layout"] {
  const sealed = files.filter(isSealedDay).length;
  if (files.length === 0) return "none";
  return sealed === files.length ? "sealed" : sealed === 0 ? "windows" : "mixed";
}

function countsOf(files: readonly ManifestFile[]): Record<EventType, number> {
  const counts = Object.fromEntries(EVENT_TYPES.map((type) => [type, 0]));
  for (const { type, count } of files) {
    if (type !== undefined) counts[type] = (counts[type] ?? 0) + count;
  }
  return counts as Record<EventType, number>;
}

function clocksOf(files: readonly ManifestFile[]): ClockShare[] {
  const clocks = new Map<string, ClockShare>();
  for (const { clock, count } of files) {
    const { source, status, offsetUs } = clock ??
      { source: "unknown", status: "unknown", offsetUs: null };
    const known = clocks.get(`${source}/${status}`) ??
      { source, status, lines: 0, offsetUsMax: null };
    known.lines += count;
    if (offsetUs !== null) known.offsetUsMax = Math.max(known.offsetUsMax ?? 0, Math.abs(offsetUs));
    clocks.set(`${source}/${status}`, known);
  }
  return [...clocks.values()].sort((a, b) => b.lines - a.lines);
}

/** Compares times as decimal text: the longer one is later. */
function byLength(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function sum<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((total, item) => total + figure(item), 0);
}

import { DAY_US } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { activeVersionOn, loadActiveVersions } from "../active_versions.ts";
import { hasAny } from "../archived_names.ts";
import { isDayOver } from "../manifest.ts";
import { feedPrefix, usOfDay } from "../paths.ts";
import { archivedDays, daysBetween, SHORT_DAYS } from "../reading/archived_days.ts";
import { type DaySummary, summarizeDay } from "./day_summary.ts";

/** Selection of {@linkcode unmadeDays}. */
export interface UnmadeQuery {
  env: string;
  feed: string;
  /** Span, µs; `toUs` is exclusive. Default: everything. */
  fromUs?: number;
  toUs?: number;
  /** Version of the normalized records; default: the day's active one. */
  version?: string;
  /** Now, µs: a day in progress has no records yet without being wrong. */
  nowUs: number;
}

/** No archive begins before this year. */
const FIRST_YEAR = 1990;

/**
 * Returns the past days of a span that have raw frames and no manifest of records, oldest first:
 * readers find nothing to read there. Reads two manifests for each day of a short span, and for a
 * long one those of the days without records only. Throws StorageError, and ArchiveError for
 * corrupt active versions.
 */
export async function unmadeDays(storage: Storage, query: UnmadeQuery): Promise<DaySummary[]> {
  const { env, feed, nowUs } = query;
  const active = await loadActiveVersions(storage, env, feed);
  const unmade: DaySummary[] = [];
  for (const day of await suspectDays(storage, query)) {
    const version = query.version ?? activeVersionOn(active, day);
    const { summary } = await summarizeDay(storage, { env, feed, day, version }, nowUs);
    if (isUnmade(summary)) unmade.push(summary);
  }
  return unmade;
}

/** Whether a past day has raw frames and no manifest of records. */
export function isUnmade({ archiveStatus, condition }: DaySummary): boolean {
  return archiveStatus === "none" && condition === "partial";
}

/** Returns the past days to look at: all of a short span, else those with raw and no records. */
async function suspectDays(storage: Storage, query: UnmadeQuery): Promise<string[]> {
  const { nowUs, fromUs = usOfDay(`${FIRST_YEAR}-01-01`) } = query;
  const toUs = Math.min(query.toUs ?? Infinity, nowUs);
  const days = daysBetween(fromUs, toUs).filter((day) => isDayOver(day, nowUs));
  if (toUs - fromUs <= SHORT_DAYS * DAY_US) return days;
  const known = new Set((await archivedDays(storage, { ...query, toUs })).map(({ day }) => day));
  const unknown = days.filter((day) => !known.has(day));
  return await withRaw(storage, query, unknown);
}

/** Returns the days with raw files: by year, month and day, as listing raw files takes long. */
async function withRaw(
  storage: Storage,
  { env, feed }: UnmadeQuery,
  days: readonly string[],
): Promise<string[]> {
  let found = days;
  for (const length of ["YYYY", "YYYY-MM", "YYYY-MM-DD"].map((text) => text.length)) {
    const starts = [...new Set(found.map((day) => day.slice(0, length)))];
    const filled = await Promise.all(starts.map((start) => {
      const folder = `${start.replaceAll("-", "/")}/`;
      return hasAny(storage, `${feedPrefix("raw", env, { feed })}${folder}`);
    }));
    const isFilled = new Set(starts.filter((_, i) => filled[i]));
    found = found.filter((day) => isFilled.has(day.slice(0, length)));
  }
  return [...found];
}

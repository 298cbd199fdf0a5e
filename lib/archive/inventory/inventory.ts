import { DAY_US, inGroups } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { archivedFeeds } from "../archived_names.ts";
import { dayOfUs } from "../paths.ts";
import { activeVersionOn, loadActiveVersions } from "../active_versions.ts";
import { assertKnown, daysBetween, manifestDays } from "../reading/archived_days.ts";
import { TIME_US_MAX } from "../reading/archive_query.ts";
import { type DaySummary, recordedGaps, summarizeDay } from "./day_summary.ts";
import { withReachingGaps } from "./reaching_gaps.ts";

/** Selection of days. */
export interface InventoryQuery {
  env: string;
  /** Default: all feeds in the archive. */
  feeds?: readonly string[];
  /** Start of the span, µs; whole days are listed. Default: the feed's first day. */
  fromUs?: number;
  /** End of the span (exclusive), µs; default: the feed's last day. */
  toUs?: number;
  /** Version of the normalized records; default: the day's active one. */
  version?: string;
  /** Whether trading was expected on a day; default: always. Other days are listed only if archived. */
  isExpected?: (feed: string, day: string) => boolean;
  /** Now, µs; future days do not count as missing. */
  nowUs: number;
}

/** Days whose manifests are read concurrently. */
const DAYS_AT_ONCE = 8;

/**
 * Lists the archive's content by feed and day, including expected days with no data. Reads
 * manifests only, but those of all days: a gap is recorded where it begins and where it ends, which
 * may be far from the days that it reaches into. Throws ArchiveError `ARCHIVE_NOT_FOUND` for an
 * unknown feed, or StorageError.
 */
export async function inventory(storage: Storage, query: InventoryQuery): Promise<DaySummary[]> {
  const feeds = query.feeds ?? await archivedFeeds(storage, query.env);
  const summaries: DaySummary[] = [];
  for (const feed of [...new Set(feeds)].sort()) {
    summaries.push(...await feedInventory(storage, feed, query));
  }
  return summaries;
}

async function feedInventory(
  storage: Storage,
  feed: string,
  query: InventoryQuery,
): Promise<DaySummary[]> {
  const { env, nowUs, isExpected = () => true } = query;
  const active = await loadActiveVersions(storage, env, feed);
  const known = await knownDays(storage, query, { feed, active });
  if (known.size === 0) await assertKnown(storage, { env, feed });
  const days = wantedDays(known, query)
    .filter((day) => known.has(day) || isExpected(feed, day));
  const idOf = (day: string) => {
    const version = query.version ?? activeVersionOn(active, day);
    return { env, feed, day, version };
  };
  const summarize = (day: string) => summarizeDay(storage, idOf(day), nowUs);
  const summarized = await inGroups(days, DAYS_AT_ONCE, summarize);
  const isListed = new Set(days);
  const others = [...known].filter((day) => !isListed.has(day));
  const gapsOf = (day: string) => recordedGaps(storage, idOf(day));
  const beside = await inGroups(others, DAYS_AT_ONCE, gapsOf);
  return withReachingGaps(summarized, beside);
}

async function knownDays(
  storage: Storage,
  { env, version }: InventoryQuery,
  { feed, active }: { feed: string; active: { default: string; days: Record<string, string> } },
): Promise<Set<string>> {
  const days = new Set<string>();
  const versions = version === undefined
    ? new Set([active.default, ...Object.values(active.days)])
    : [version];
  for await (const day of manifestDays(storage, { kind: "raw", env, feed })) days.add(day);
  for (const each of versions) {
    const manifestId = { kind: "normalized", env, feed, version: each } as const;
    for await (const day of manifestDays(storage, manifestId)) days.add(day);
  }
  return days;
}

/** Returns all days of the span; an open end defaults to the first or last known day. */
function wantedDays(known: ReadonlySet<string>, query: InventoryQuery): string[] {
  const { fromUs, toUs, nowUs } = query;
  const sorted = [...known].sort();
  const first = fromUs === undefined ? sorted[0] : dayOfUs(fromUs);
  const last = toUs === undefined ? sorted.at(-1) : dayOfUs(Math.min(toUs, TIME_US_MAX) - 1);
  const today = dayOfUs(nowUs);
  if (first === undefined || last === undefined || first > last) return [];
  const endUs = Date.parse(`${last}T00:00:00Z`) * 1000 + DAY_US;
  return daysBetween(Date.parse(`${first}T00:00:00Z`) * 1000, endUs)
    .filter((day) => day <= today || known.has(day));
}

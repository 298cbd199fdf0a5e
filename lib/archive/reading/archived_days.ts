import { ArchiveError, DAY_US, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { archiveNotFound, hasAny, namesIn } from "../archived_names.ts";
import { dayOfUs, feedPrefix, NORMALIZED_VERSION, parseManifestKey } from "../paths.ts";
import { activeVersionOn, type ActiveVersions, loadActiveVersions } from "../active_versions.ts";
import { type ArchiveQuery, readsDerived, TIME_US_MAX } from "./archive_query.ts";

/** A day of the archive and the version to read. */
export interface ArchivedDay {
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Version of the normalized records. */
  version: string;
}

/** Spans of up to this many days are enumerated without listing storage. */
export const SHORT_DAYS = 8;

/**
 * Returns the days of a query's span that may have normalized records, oldest first, each with the
 * requested or active version. A long span lists manifests; a short one is not worth the list
 * requests. Throws StorageError, and ArchiveError for corrupt active versions.
 */
export async function archivedDays(storage: Storage, query: ArchiveQuery): Promise<ArchivedDay[]> {
  const { env, feed, version, fromUs = 0, toUs = TIME_US_MAX } = query;
  const active = version === undefined ? await loadActiveVersions(storage, env, feed) : undefined;
  const versionOf = (day: string) => version ?? (active && activeVersionOn(active, day)) ?? "";
  if (toUs - fromUs <= SHORT_DAYS * DAY_US) {
    return daysBetween(fromUs, toUs).map((day) => ({ day, version: versionOf(day) }));
  }
  const [first, last] = [dayOfUs(fromUs), dayOfUs(toUs - 1)];
  const days = new Set<string>();
  for (const each of versionsOf(query, active)) {
    const manifestId = { kind: "normalized", env, feed, version: each } as const;
    const isOfLiveRun = readsDerived(query) && each === NORMALIZED_VERSION;
    for await (const day of manifestDays(storage, manifestId)) {
      if ((versionOf(day) === each || isOfLiveRun) && day >= first && day <= last) days.add(day);
    }
  }
  return [...days].sort().map((day) => ({ day, version: versionOf(day) }));
}

/** Returns the UTC days that a span touches; `toUs` is exclusive, µs. */
export function daysBetween(fromUs: number, toUs: number): string[] {
  const days: string[] = [];
  const firstUs = Math.floor(fromUs / DAY_US) * DAY_US;
  for (let us = firstUs; us < toUs; us += DAY_US) days.push(dayOfUs(us));
  return days;
}

function versionsOf(query: ArchiveQuery, active: ActiveVersions | undefined): string[] {
  if (active === undefined) return [query.version ?? ""];
  const derived = readsDerived(query) ? [NORMALIZED_VERSION] : [];
  return [...new Set([active.default, ...Object.values(active.days), ...derived])];
}

/** Lists days with a manifest, oldest first, without listing the feed's other files. */
export async function* manifestDays(
  storage: Storage,
  { kind, env, feed, version }: {
    kind: "raw" | "normalized";
    env: string;
    feed: string;
    version?: string;
  },
): AsyncIterable<string> {
  // For normalized days only manifests are directly under the year; records are under their type.
  for (const millennium of ["1", "2"]) {
    const prefix = `${feedPrefix(kind, env, { feed, version })}${millennium}`;
    for await (const { key } of storage.list(prefix)) {
      const manifestId = parseManifestKey(key);
      if (manifestId !== undefined) yield manifestId.day;
    }
  }
}

/**
 * Throws ArchiveError `ARCHIVE_NOT_FOUND`, with the names that exist, when the archive has nothing
 * of the feed or version. A feed with only raw files counts as known.
 */
export async function assertKnown(
  storage: Storage,
  { env, feed, version }: Pick<ArchiveQuery, "env" | "feed" | "version">,
): Promise<void> {
  if (version === undefined && await hasAny(storage, feedPrefix("raw", env, { feed }))) return;
  if (await hasAny(storage, feedPrefix("normalized", env, { feed, version }))) return;
  throw await unknownError(storage, { env, feed, version });
}

async function unknownError(
  storage: Storage,
  { env, feed, version }: { env: string; feed: string; version: string | undefined },
): Promise<ArchiveError> {
  const feeds = await namesIn(storage, `normalized/${env}/`);
  if (feeds.length === 0) return await archiveNotFound(storage, env);
  const location = `in "${storage.location}"`;
  if (!feeds.includes(feed)) {
    const message = `There is no feed "${feed}" of the environment "${env}" ${location}`;
    const hint = suggestion(feed, feeds);
    return new ArchiveError("ARCHIVE_NOT_FOUND", message, { hint, context: { env, feed } });
  }
  const versions = await namesIn(storage, `normalized/${env}/${feed}/`);
  const message = `There is no version "${version}" of ${env}/${feed} ${location}`;
  const hint = suggestion(version ?? "", versions);
  return new ArchiveError("ARCHIVE_NOT_FOUND", message, {
    hint,
    context: { env, feed, ...(version === undefined ? {} : { version }) },
  });
}

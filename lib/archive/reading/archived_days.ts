import { ArchiveError, DAY_US, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
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

/** Keys scanned for name suggestions in errors. */
const KEYS_FOR_NAMES_MAX = 10_000;
/** Spans of up to this many days are enumerated without listing storage. */
const SHORT_DAYS = 8;

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
  const { what, hint } = await missing(storage, { env, feed, version });
  throw new ArchiveError("ARCHIVE_NOT_FOUND", `There is no ${what} in "${storage.location}"`, {
    hint,
    context: { env, feed, ...(version === undefined ? {} : { version }) },
  });
}

async function missing(
  storage: Storage,
  { env, feed, version }: { env: string; feed: string; version: string | undefined },
): Promise<{ what: string; hint: string }> {
  const envs = await namesIn(storage, "");
  if (!envs.includes(env)) {
    const hint = envs.length === 0 ? "The archive is empty" : suggestion(env, envs);
    return { what: `archive of the environment "${env}"`, hint };
  }
  const feeds = await namesIn(storage, `${env}/`);
  if (!feeds.includes(feed)) {
    return { what: `feed "${feed}" of the environment "${env}"`, hint: suggestion(feed, feeds) };
  }
  const versions = await namesIn(storage, `${env}/${feed}/`);
  const what = `version "${version}" of ${env}/${feed}`;
  return { what, hint: suggestion(version ?? "", versions.filter((name) => !name.includes("."))) };
}

async function hasAny(storage: Storage, prefix: string): Promise<boolean> {
  for await (const _ of storage.list(prefix)) return true;
  return false;
}

/** Returns the next path segments under `normalized/{start}`, from the first keys only. */
async function namesIn(storage: Storage, start: string): Promise<string[]> {
  const names = new Set<string>();
  let count = 0;
  for await (const { key } of storage.list(`normalized/${start}`)) {
    names.add(key.slice(`normalized/${start}`.length).split("/")[0] ?? "");
    if (++count >= KEYS_FOR_NAMES_MAX) break;
  }
  return [...names];
}

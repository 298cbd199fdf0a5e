import { ArchiveError, DAY_US, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { dayOfUs, feedPrefix, NORMALIZED_VERSION, parseManifestKey } from "../paths.ts";
import { activeVersionOn, type ActiveVersions, loadActiveVersions } from "../active_versions.ts";
import { type ArchiveQuery, readsDerived, TIME_US_MAX } from "./archive_query.ts";

/** A day of the archive and the version of it that is read. */
export interface ArchivedDay {
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Of the normalized records. */
  version: string;
}

/** Keys that are looked at for names that may have been meant. */
const KEYS_FOR_NAMES_MAX = 10_000;
/** Spans up to this many days are not listed. */
const SHORT_DAYS = 8;

/**
 * The days of a query's span that may have normalized records, oldest first, each in the version that
 * is named or active. Of a long span the days that have a manifest; a short one is not worth the
 * requests that a list costs. Throws StorageError, and ArchiveError for a damaged promotion.
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

/** UTC days that a span touches; `toUs` is the first moment behind it, µs. */
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

/** Days that have a manifest, oldest first. Other files of the feed are not listed. */
export async function* manifestDays(
  storage: Storage,
  { kind, env, feed, version }: {
    kind: "raw" | "normalized";
    env: string;
    feed: string;
    version?: string;
  },
): AsyncIterable<string> {
  // Of normalized days only manifests lie under the year; the records lie under their type.
  for (const millennium of ["1", "2"]) {
    const prefix = `${feedPrefix(kind, env, { feed, version })}${millennium}`;
    for await (const { key } of storage.list(prefix)) {
      const manifestId = parseManifestKey(key);
      if (manifestId !== undefined) yield manifestId.day;
    }
  }
}

/**
 * Refuses what the archive has nothing of: ArchiveError `ARCHIVE_NOT_FOUND` that names what there is.
 * A feed that has only raw files yet is known.
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

/** What stands in keys behind `normalized/{start}`, as far as a look at some of them tells. */
async function namesIn(storage: Storage, start: string): Promise<string[]> {
  const names = new Set<string>();
  let count = 0;
  for await (const { key } of storage.list(`normalized/${start}`)) {
    names.add(key.slice(`normalized/${start}`.length).split("/")[0] ?? "");
    if (++count >= KEYS_FOR_NAMES_MAX) break;
  }
  return [...names];
}

import { activeVersionOn, loadActiveVersions } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { versionsIn } from "../versions/versions.ts";

/** A day with its version. */
interface VersionDay {
  day: string;
  version: string;
}

/**
 * Returns a feed's days from `from` to `to` (inclusive), each with the named version, else the
 * active one. Throws ArchiveError `DAY_MISSING` when there is none.
 */
export async function versionDays(
  storage: Storage,
  feedVersion: { env: string; feed: string; version?: string },
  { from, to }: { from: string; to: string },
): Promise<VersionDay[]> {
  const { env, feed, version } = feedVersion;
  const versions = await versionsIn(storage, { env, feed });
  const active = await loadActiveVersions(storage, env, feed);
  const all = [...new Set(versions.flatMap(({ days }) => days))].sort();
  const days = all.map((day) => ({ day, version: version ?? activeVersionOn(active, day) }))
    .filter(({ day, version: name }) =>
      day >= from && day <= to &&
      versions.some((each) => each.version === name && each.days.includes(day))
    );
  if (days.length > 0) return days;
  const there = all.length === 0 ? "none" : `${all[0]} to ${all.at(-1)}`;
  throw new ArchiveError("DAY_MISSING", `There are no such days of ${env}/${feed}`, {
    hint: `Days that are there: ${there}`,
    context: { env, feed, from, to },
  });
}

import {
  activeVersionOn,
  type ActiveVersions,
  loadActiveVersions,
  NORMALIZED_VERSION,
  parseManifestKey,
} from "@ssmd/archive";
import { type Job, loadJob, parseJobKey } from "@ssmd/dataset/reprocess";
import { ArchiveError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";

/** A stored version of a feed's records. */
export interface VersionInfo {
  env: string;
  feed: string;
  version: string;
  /** Days with a manifest, in order. */
  days: string[];
  /** Days on which it is the active version. */
  activeDays: string[];
  /** Whether it is active on days without their own choice. */
  isDefault: boolean;
  objects: number;
  bytes: number;
  /** Reprocess job; absent for the archiver's version. */
  job?: Job;
}

/** Selects versions. */
interface VersionFilter {
  env?: string;
  feed?: string;
}

/** Lists versions by env, feed and name. Throws ArchiveError for damaged jobs, StorageError. */
export async function versionsIn(
  storage: Storage,
  { env, feed }: VersionFilter = {},
): Promise<VersionInfo[]> {
  const prefix = env === undefined
    ? "normalized/"
    : `normalized/${env}/${feed === undefined ? "" : `${feed}/`}`;
  const found = new Map<string, VersionInfo>();
  for await (const { key, size } of storage.list(prefix)) {
    const [, ofEnv = "", ofFeed = "", version = "", ...rest] = key.split("/");
    if (rest.length === 0 || (feed ?? ofFeed) !== ofFeed) continue;
    const name = `${ofEnv} ${ofFeed} ${version}`;
    let info = found.get(name);
    if (info === undefined) {
      info = {
        ...{ env: ofEnv, feed: ofFeed, version, days: [], activeDays: [], isDefault: false },
        ...{ objects: 0, bytes: 0 },
      };
      found.set(name, info);
    }
    info.objects++;
    info.bytes += size;
    const manifestId = parseManifestKey(key);
    if (manifestId !== undefined) info.days.push(manifestId.day);
    const made = parseJobKey(key);
    const job = made && await loadJob(storage, made);
    if (job !== undefined) info.job = job;
  }
  return await withActiveDays(storage, [...found.values()]);
}

async function withActiveDays(storage: Storage, infos: VersionInfo[]): Promise<VersionInfo[]> {
  const choices = new Map<string, ActiveVersions>();
  for (const info of infos) {
    const name = `${info.env} ${info.feed}`;
    const active = choices.get(name) ?? await loadActiveVersions(storage, info.env, info.feed);
    choices.set(name, active);
    info.days.sort();
    info.isDefault = active.default === info.version;
    info.activeDays = info.days.filter((day) => activeVersionOn(active, day) === info.version);
  }
  return infos;
}

/** Returns a version. Throws ArchiveError `VERSION_MISSING` that names the existing ones. */
export async function versionNamed(
  storage: Storage,
  versionId: { env: string; feed: string; version: string },
): Promise<VersionInfo> {
  const { env, feed, version } = versionId;
  const all = await versionsIn(storage, { env, feed });
  const found = all.find((each) => each.version === version);
  if (found !== undefined) return found;
  const names = all.map((each) => each.version);
  throw new ArchiveError("VERSION_MISSING", `There is no version ${version} of ${env}/${feed}`, {
    hint: names.length === 0 ? "There are none" : suggestion(version, names),
    context: versionId,
  });
}

/** Describes briefly what made a version. */
export function madeBy({ job, version }: VersionInfo): string {
  if (job === undefined) return version === NORMALIZED_VERSION ? "archiver" : "unknown";
  return `${job.recipe.normalizer}, ssmd ${job.recipe.software}`;
}

/** Age of a progress update that means a killed run; updates come every few seconds. */
const STALE_MS = 30_000;

/** Returns the status of a version's reprocess in a word. */
export function stateOf({ job }: VersionInfo): string {
  if (job === undefined) return "";
  if (job.progress !== null) {
    return Date.now() - Date.parse(job.progress.at) < STALE_MS ? "running" : "interrupted";
  }
  return job.failure === "" ? "done" : "failed";
}

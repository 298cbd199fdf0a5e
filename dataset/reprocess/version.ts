import { feedPrefix, isKeyName, loadManifest, NORMALIZED_VERSION } from "@ssmd/archive";
import { parseManifestKey } from "@ssmd/archive";
import { ArchiveError, ConfigError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type Job, loadJob, newJob, type Recipe, recipeDifference, type VersionId } from "./job.ts";

/**
 * Returns the job of a version that this recipe may make: a new one, or the existing one with the
 * same recipe. Throws ConfigError `VERSION_NAME` for a name that is no valid key part or is the
 * archiver's, ArchiveError `VERSION_EXISTS` when something else made the version.
 */
export async function openVersion(
  storage: Storage,
  versionId: VersionId,
  recipe: Recipe,
): Promise<Job> {
  const { version } = versionId;
  checkName(version);
  const job = await loadJob(storage, versionId);
  if (job === undefined) {
    const writer = await writerOf(storage, versionId);
    if (writer === undefined) return newJob(versionId, recipe);
    throw exists(versionId, `is there already, and no reprocess made it: ${writer}`);
  }
  const difference = recipeDifference(job.recipe, recipe);
  if (difference === "") return job;
  throw exists(versionId, `was made by something else: ${difference}`);
}

function checkName(version: string): void {
  if (version === NORMALIZED_VERSION) {
    throw new ConfigError("VERSION_NAME", `${version} is what the archiver writes`, {
      hint: "Name another version with --as; nothing that was captured is ever replaced",
    });
  }
  if (isKeyName(version)) return;
  throw new ConfigError("VERSION_NAME", `"${version}" cannot name a version`, {
    hint: "Use letters, digits, _ and - only",
  });
}

function exists({ env, feed, version }: VersionId, what: string): ArchiveError {
  return new ArchiveError("VERSION_EXISTS", `Version ${version} of ${env}/${feed} ${what}`, {
    hint: "Choose another name with --as, or remove the version: ssmd reprocess prune",
    context: { env, feed, version },
  });
}

/** Describes what wrote a version's files; undefined when there are none. */
async function writerOf(
  storage: Storage,
  { env, feed, version }: VersionId,
): Promise<string | undefined> {
  let first: string | undefined;
  for await (const { key } of storage.list(feedPrefix("normalized", env, { feed, version }))) {
    first ??= key;
    const manifestId = parseManifestKey(key);
    if (manifestId === undefined) continue;
    const manifest = await loadManifest(storage, manifestId);
    return `${key} was written by ${manifest?.writtenBy.join(", ") || "nobody it names"}`;
  }
  return first && `${first} lies there`;
}

import { parseManifestKey } from "@ssmd/archive";
import { ArchiveError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { UsageError } from "../exit.ts";

/**
 * The environment that is meant in an archive: the one that is named, else the only one there is.
 * Throws ArchiveError `ARCHIVE_NOT_FOUND` where there is nothing of it, UsageError `ENV_AMBIGUOUS`
 * where there are several and none is named.
 */
export async function envOf(storage: Storage, named: string | undefined): Promise<string> {
  const envs = await archivedEnvs(storage);
  if (named !== undefined && envs.includes(named)) return named;
  const [first, ...others] = envs;
  if (named !== undefined || first === undefined) {
    const whose = named === undefined ? "archive" : `archive of the environment "${named}"`;
    throw new ArchiveError("ARCHIVE_NOT_FOUND", `There is no ${whose} in "${storage.location}".`, {
      hint: named === undefined || first === undefined
        ? "--data names the folder that holds raw/ and normalized/; --env alone takes its storage."
        : suggestion(named, envs),
    });
  }
  if (others.length === 0) return first;
  throw new UsageError(
    "ENV_AMBIGUOUS",
    `"${storage.location}" holds the archives of several environments.`,
    { hint: `Name one with --env: ${envs.join(", ")}.` },
  );
}

/** Environments of which there are manifests, sorted. */
async function archivedEnvs(storage: Storage): Promise<string[]> {
  const envs = new Set<string>();
  for (const kind of ["normalized/", "raw/"]) {
    for await (const { key } of storage.list(kind)) {
      const place = parseManifestKey(key);
      if (place !== undefined) envs.add(place.env);
    }
  }
  return [...envs].sort();
}

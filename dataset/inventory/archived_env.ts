import { parseManifestKey } from "@ssmd/archive";
import { ArchiveError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { UsageError } from "@ssmd/runtime";

/**
 * Returns the named environment, else the archive's only one. Throws ArchiveError
 * `ARCHIVE_NOT_FOUND` when there is none, UsageError `ENV_AMBIGUOUS` when there are several and
 * none is named.
 */
export async function envOf(storage: Storage, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const [only, ...others] = await archivedEnvs(storage);
  if (only === undefined) {
    throw new ArchiveError("ARCHIVE_NOT_FOUND", `There is no archive in "${storage.location}"`, {
      hint:
        "--data names the folder that holds raw/ and normalized/; --env alone takes its storage",
    });
  }
  if (others.length === 0) return only;
  throw new UsageError(
    "ENV_AMBIGUOUS",
    `"${storage.location}" holds the archives of several environments`,
    { hint: `Name one with --env: ${[only, ...others].join(", ")}` },
  );
}

/** Returns the environments with manifests, sorted; lists all keys. */
export async function archivedEnvs(storage: Storage): Promise<string[]> {
  const envs = new Set<string>();
  for (const kind of ["normalized/", "raw/"]) {
    for await (const { key } of storage.list(kind)) {
      const manifestId = parseManifestKey(key);
      if (manifestId !== undefined) envs.add(manifestId.env);
    }
  }
  return [...envs].sort();
}

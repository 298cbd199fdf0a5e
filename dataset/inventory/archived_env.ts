import { archivedEnvs, archiveNotFound } from "@ssmd/archive";
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
  if (only === undefined) throw await archiveNotFound(storage);
  if (others.length === 0) return only;
  throw new UsageError(
    "ENV_AMBIGUOUS",
    `"${storage.location}" holds the archives of several environments`,
    { hint: `Name one with --env: ${[only, ...others].join(", ")}` },
  );
}

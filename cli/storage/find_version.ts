import { StorageError } from "@ssmd/runtime";
import type { ObjectVersion, ObjectVersions } from "@ssmd/storage";

/** All versions of one object, newest first. Throws StorageError `NOT_FOUND` when there is none. */
export async function versionsOfKey(
  versions: ObjectVersions,
  key: string,
): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  for await (const version of versions.list(key)) {
    if (version.key === key) found.push(version);
    // Longer keys with this prefix may follow; stop at the first key without it.
    else if (!version.key.startsWith(key)) break;
  }
  if (found.length > 0) return found;
  throw new StorageError("NOT_FOUND", `There is no version of "${key}"`, {
    hint: "ssmd storage versions lists what there is; keys are whole, from raw/ or normalized/ on",
    context: { key },
  });
}

/** Finds a version by name. Throws StorageError `NOT_FOUND`. */
export function versionNamed(found: readonly ObjectVersion[], name: string): ObjectVersion {
  const version = found.find((each) => each.version === name);
  if (version !== undefined) return version;
  throw noSuch(found, `named "${name}"`);
}

/** Version that was current at a time, ms since 1970. Throws StorageError `NOT_FOUND`. */
export function versionAt(found: readonly ObjectVersion[], atMs: number): ObjectVersion {
  const version = found.find(({ modifiedAtMs }) => modifiedAtMs <= atMs);
  if (version !== undefined && !version.isDeletion) return version;
  throw noSuch(found, `that was there at ${new Date(atMs).toISOString()}`);
}

function noSuch(found: readonly ObjectVersion[], which: string): StorageError {
  const key = found[0]?.key ?? "";
  return new StorageError("NOT_FOUND", `There is no version of "${key}" ${which}`, {
    hint: `ssmd storage versions ${key} lists them`,
    context: { key },
  });
}

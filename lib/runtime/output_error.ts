import { messageOf, SsmdError, StorageError, systemCodeOf } from "./errors.ts";

/**
 * Runs a step of writing a result that a person or another program asked for. Throws StorageError
 * `OUTPUT_FULL`, `OUTPUT_DENIED` or `OUTPUT_FAILED` for an error of the file system at `path`, and
 * everything else as it is, also that something exists already.
 */
export async function writingTo<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw outputErrorOf(error, path);
  }
}

/** Converts an error as {@linkcode writingTo} does; `path` may also be `stdout`. */
export function outputErrorOf(error: unknown, path: string): unknown {
  const systemCode = systemCodeOf(error);
  if (error instanceof SsmdError || systemCode === "" || systemCode === "EEXIST") return error;
  const about = { context: { path, systemCode }, cause: error };
  if (systemCode === "ENOSPC" || systemCode === "EDQUOT") {
    return new StorageError("OUTPUT_FULL", `There is no room left to write ${path}`, {
      ...about,
      hint: "Free space there or raise the quota, or name another place; then start again",
      retryable: true,
    });
  }
  if (systemCode === "EACCES" || systemCode === "EPERM" || systemCode === "EROFS") {
    return new StorageError("OUTPUT_DENIED", `Writing ${path} is not allowed (${systemCode})`, {
      ...about,
      hint: "Name a place that belongs to this user and is not mounted read-only",
    });
  }
  return new StorageError("OUTPUT_FAILED", `${path} cannot be written: ${messageOf(error)}`, {
    ...about,
    hint: "Name a file in a folder that exists, on a disk that works",
  });
}

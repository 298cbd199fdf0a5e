import { messageOf, type SsmdErrorOptions, StorageError, systemCodeOf } from "@ssmd/runtime";

interface Meaning {
  code: string;
  sentence: string;
  hint: string;
  retryable: boolean;
}

/** Of a full disk, and of a full bucket. */
export const FULL = {
  code: "STORAGE_FULL",
  sentence: "There is no room left",
  hint: "Free space or raise the quota; writing resumes by itself",
  retryable: true,
} as const;
const READ_ONLY: Meaning = {
  code: "STORAGE_READ_ONLY",
  sentence: "Writing or reading is not allowed",
  hint: "Check that the folder belongs to this user and that its file system is mounted writable",
  retryable: true,
};
const CONFLICT: Meaning = {
  code: "KEY_CONFLICT",
  sentence: "A folder and an object have the same name",
  hint: "In a folder no object's key can be the beginning of another's path",
  retryable: false,
};
const TOO_LONG: Meaning = {
  code: "KEY_INVALID",
  sentence: "A part of the key is too long for the file system",
  hint: "Keep each part below 255 bytes",
  retryable: false,
};
const OTHER: Meaning = {
  code: "STORAGE_FAILED",
  sentence: "The file system reported an error",
  hint: "Look at the disk and the system's log",
  retryable: true,
};

const MEANINGS: Record<string, Meaning> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  ENOTDIR: CONFLICT,
  EISDIR: CONFLICT,
  ENOTEMPTY: CONFLICT,
  EEXIST: CONFLICT,
  ENAMETOOLONG: TOO_LONG,
};

/** Returns a `NOT_FOUND` error. */
export function notFound(key: string, location: string, cause?: unknown): StorageError {
  const options: SsmdErrorOptions = {
    context: { key, location },
    hint: "List its prefix to see what is there",
  };
  if (cause !== undefined) options.cause = cause;
  return new StorageError("NOT_FOUND", `There is no object "${key}" in ${location}`, options);
}

/** Converts a file system error to a StorageError: `STORAGE_FULL`, `STORAGE_READ_ONLY`, … */
export function storageErrorOf(error: unknown, key: string, location: string): StorageError {
  const systemCode = systemCodeOf(error);
  const { code, sentence, hint, retryable } = MEANINGS[systemCode] ?? OTHER;
  return new StorageError(
    code,
    `${sentence}: "${key}" in ${location} (${systemCode || messageOf(error)})`,
    { context: { key, location, systemCode }, cause: error, hint, retryable },
  );
}

import { messageOf, StorageError, systemCodeOf } from "@ssmd/runtime";

/** Like {@linkcode troubleOf}, for the start, which fails instead of retrying. */
export function startTroubleOf(error: unknown, path: string): StorageError {
  const trouble = troubleOf(error, path);
  if (trouble.code !== "SPOOL_FULL") return trouble;
  return new StorageError(trouble.code, trouble.message, {
    hint: "Free space there and start again; what was accepted before lies there and is not lost",
    cause: error,
  });
}

/** Returns whether a write failed for want of room. */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(systemCodeOf(error));
}

/** Returns the StorageError for a failed write. */
export function troubleOf(error: unknown, path: string): StorageError {
  const code = systemCodeOf(error);
  if (isDiskFull(error)) {
    return new StorageError("SPOOL_FULL", `The disk of the spool ${path} is full`, {
      hint: "Free space there; capture resumes by itself, nothing accepted is lost",
      cause: error,
      retryable: true,
    });
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return new StorageError("SPOOL_READ_ONLY", `The spool ${path} cannot be written`, {
      hint: "Make the folder writable for this user, or choose another with --data",
      cause: error,
    });
  }
  return new StorageError("SPOOL_FAILED", `The spool ${path} failed: ${messageOf(error)}`, {
    hint: "Look at the disk; writing is tried again every second",
    cause: error,
    retryable: true,
  });
}

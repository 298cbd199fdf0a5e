import { JournalError, messageOf, systemCodeOf } from "@ssmd/runtime/errors";

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Converts a file system error: `JOURNAL_FULL` or `JOURNAL_FAILED`. */
export function journalErrorOf(error: unknown, path: string): JournalError {
  if (error instanceof JournalError) return error;
  const systemCode = systemCodeOf(error);
  const full = FULL.has(systemCode);
  return new JournalError(
    full ? "JOURNAL_FULL" : "JOURNAL_FAILED",
    `The journal in ${path} cannot be ${full ? "written: no room is left" : "used"} (${
      systemCode || messageOf(error)
    })`,
    {
      context: { path, systemCode },
      cause: error,
      hint: full
        ? "Free space or raise the quota; then try again"
        : "Check that the folder belongs to this user, is writable, and is within --allow-write",
      retryable: true,
    },
  );
}

/** `JOURNAL_CLOSED`: append or read after close. */
export function journalClosed(): JournalError {
  return new JournalError("JOURNAL_CLOSED", "The journal is closed", {
    hint: "Append before closing, or open it again",
  });
}

/** `JOURNAL_BUSY`: too many appends are pending. */
export function journalBusy(pendingMax: number): JournalError {
  return new JournalError("JOURNAL_BUSY", `${pendingMax} records wait to be written already`, {
    hint: "Wait for earlier appends before more are made",
    retryable: true,
  });
}

/** `JOURNAL_DAMAGED`: durable bytes differ from what was written. */
export function journalCorrupted(path: string, offset: number, why: string): JournalError {
  return new JournalError("JOURNAL_DAMAGED", `${path} is damaged at byte ${offset}: ${why}`, {
    context: { path, offset },
    hint: "Put the file back from a copy, or move it away to begin a new journal",
  });
}

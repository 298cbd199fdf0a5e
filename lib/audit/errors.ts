import { messageOf, SsmdError, StorageError, systemCodeOf } from "@ssmd/runtime";

/** Kind of a database failure, see `Database.faultOf`. */
type Fault = "away" | "busy" | "closed" | "failed";

const READ_ONLY: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM"]);
/** SQLite error (low byte): write to a read-only database. */
const SQLITE_READONLY = 8;

/** Returns the error of a log that could not be opened, read or written. */
export function auditError(cause: unknown, where: string, fault: Fault): SsmdError {
  if (cause instanceof SsmdError) return cause;
  if (isReadOnly(cause)) {
    return new StorageError("AUDIT_READ_ONLY", `The audit log ${where} cannot be written`, {
      ...{ cause, context: { path: where } },
      hint: "Mount its folder writable, for this user; without it nothing is changed",
    });
  }
  const details = { cause, context: { path: where }, retryable: true };
  if (fault === "away") {
    const sentence = `The audit log does not answer: ${messageOf(cause)}`;
    return new StorageError("AUDIT_AWAY", sentence, {
      ...details,
      hint: `Check that ${where} runs and is reached; events wait on this machine meanwhile`,
    });
  }
  const sentence = `The audit log ${where} cannot be used: ${messageOf(cause)}`;
  return new StorageError("AUDIT_FAILED", sentence, {
    ...details,
    hint:
      "Check that it can be written and has room, or put it back from a copy if it is damaged; " +
      "without it nothing is changed",
  });
}

function isReadOnly(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return READ_ONLY.has(systemCodeOf(error)) || ((errcode ?? 0) & 0xff) === SQLITE_READONLY;
}

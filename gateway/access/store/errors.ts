import type { Database } from "@ssmd/database";
import { messageOf, SsmdError, StorageError } from "@ssmd/runtime";

/** Returns the error of a concurrent change. */
export function storeChangedError(): StorageError {
  return new StorageError("CLIENT_STORE_CHANGED", "The clients were changed by somebody else", {
    hint: "Try again",
    retryable: true,
  });
}

/** Returns the error of a failed database operation. */
export function storeError(cause: unknown, database: Database): SsmdError {
  const { where } = database;
  switch (database.faultOf(cause)) {
    case "away":
      return storeAwayError(cause, where);
    case "busy":
      return new StorageError("CLIENT_STORE_BUSY", "The store of clients is in use by another", {
        ...{ cause, context: { where }, retryable: true },
        hint: "Try again in a moment",
      });
    case "closed":
      return new StorageError("CLIENT_STORE_CLOSED", "The store of clients is closed", {
        ...{ cause, hint: "It is closed with the gateway or the command that opened it" },
      });
    case "failed":
      return storeFailedError(cause, where);
  }
}

/** Returns the error of a failing database; an SsmdError is returned unchanged. */
export function storeFailedError(cause: unknown, where: string): SsmdError {
  if (cause instanceof SsmdError) return cause;
  const sentence = `The store of clients refused: ${messageOf(cause)}`;
  return new StorageError("CLIENT_STORE_FAILED", sentence, {
    ...{ cause, context: { where } },
    hint: `Check ${where}: that it can be written, and that its disk is not full`,
  });
}

/** Returns the error of an unreachable database; the last operation may have been applied. */
export function storeAwayError(cause: unknown, where: string): StorageError {
  const sentence = `The store of clients does not answer: ${messageOf(cause)}`;
  return new StorageError("CLIENT_STORE_AWAY", sentence, {
    ...{ cause, context: { where }, retryable: true },
    hint: `Check that ${where} runs and is reached; the last change may be done or not`,
  });
}

/** Returns the error of a store written by a newer version of ssmd. */
export function storeNewer(where: string, found: number, known: number): StorageError {
  return new StorageError(
    "CLIENT_STORE_NEWER",
    `${where} has schema ${found}, this version knows ${known}`,
    { context: { where, found, known }, hint: "Use the newer version of ssmd that wrote it" },
  );
}
